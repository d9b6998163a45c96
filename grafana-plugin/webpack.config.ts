import path from 'node:path';
import CopyWebpackPlugin from 'copy-webpack-plugin';
import type { Configuration, RuleSetRule } from 'webpack';
import { merge } from 'webpack-merge';
import grafanaConfig, { type Env } from './.config/webpack/webpack.config.ts';

/** Grafana's build with what the scaffold leaves open: the automatic JSX runtime and the nested logo. */
const config = async (env: Env): Promise<Configuration> => {
  const base = await grafanaConfig(env);
  base.module?.rules?.forEach(useAutomaticJsx);
  return merge(base, {
    // A change of this file makes the build cache stale.
    cache: { type: 'filesystem', buildDependencies: { extension: [path.resolve(process.cwd(), 'webpack.config.ts')] } },
    plugins: [
      new CopyWebpackPlugin({ patterns: [{ from: 'datasource/img/logo.svg', to: 'datasource/img/logo.svg' }] }),
    ],
  });
};

function useAutomaticJsx(rule: unknown): void {
  const use = (rule as RuleSetRule | undefined)?.use;
  if (
    typeof use === 'object' &&
    !Array.isArray(use) &&
    use?.loader === 'swc-loader' &&
    typeof use.options === 'object'
  ) {
    use.options.jsc.transform = { react: { runtime: 'automatic' } };
  }
}

export default config;
