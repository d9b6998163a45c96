import type { PluginPageProps } from '@grafana/runtime';

/** Stands where Grafana's frame of a page is: with its actions, which the package's own leaves out. */
export function PluginPage({ actions, children }: PluginPageProps) {
  return (
    <main>
      {actions}
      {children}
    </main>
  );
}
