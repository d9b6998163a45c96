// Builds the host page into host/out: the page itself with the real @grafana/* packages in it, SystemJS
// to load the plugin with, and the icons that @grafana/ui asks for.
import { cp, mkdir, rm } from 'node:fs/promises';
import { createRequire } from 'node:module';
import path from 'node:path';
import { fileURLToPath } from 'node:url';
import { build } from 'esbuild';

const require = createRequire(import.meta.url);
const page = path.dirname(fileURLToPath(import.meta.url));
const out = path.join(page, '..', 'out');
const packageDir = (name) => path.dirname(require.resolve(`${name}/package.json`));

await rm(out, { recursive: true, force: true });
await mkdir(out, { recursive: true });

await build({
  entryPoints: { main: path.join(page, 'main.tsx') },
  outdir: out,
  bundle: true,
  format: 'esm',
  splitting: true,
  minify: true,
  target: 'es2022',
  jsx: 'automatic',
  logLevel: 'error',
  define: {
    'process.env.NODE_ENV': '"production"',
    // SystemJS' AMD support defines it, and bundled UMD packages must not take it for theirs.
    define: 'undefined',
  },
  loader: { '.svg': 'text', '.ttf': 'empty', '.woff': 'empty', '.woff2': 'empty' },
  // One router for all: @grafana/ui brings an older one of its own, whose links would find no context.
  alias: {
    // Where Grafana sets the frame of an app's page; the package does not export it.
    '@grafana/runtime/PluginPage': path.join(
      packageDir('@grafana/runtime'),
      'dist',
      'esm',
      'components',
      'PluginPage.mjs'
    ),
    'react-router-dom-v5-compat': packageDir('react-router-dom'),
    'react-router-dom': packageDir('react-router-dom'),
  },
});

for (const file of ['index.html', 'page.css']) {
  await cp(path.join(page, file), path.join(out, file));
}
await cp(path.join(packageDir('systemjs'), 'dist', 'system.min.js'), path.join(out, 'system.min.js'));
await cp(path.join(packageDir('systemjs'), 'dist', 'extras', 'amd.min.js'), path.join(out, 'amd.min.js'));
await cp(path.join(packageDir('@grafana/ui'), 'dist', 'public', 'img'), path.join(out, 'img'), { recursive: true });
