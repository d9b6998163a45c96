import * as emotionCss from '@emotion/css';
import * as grafanaData from '@grafana/data';
import * as grafanaRuntime from '@grafana/runtime';
import * as grafanaUi from '@grafana/ui';
import * as react from 'react';
import * as reactDom from 'react-dom';
import * as jsxRuntime from 'react/jsx-runtime';
import * as reactRouter from 'react-router';
import * as rxjs from 'rxjs';

/** What Grafana shares with plugins, by the names that a built plugin asks for. */
const shared: Record<string, object> = {
  '@emotion/css': emotionCss,
  '@grafana/data': grafanaData,
  '@grafana/runtime': grafanaRuntime,
  '@grafana/ui': grafanaUi,
  react,
  'react-dom': reactDom,
  'react/jsx-runtime': jsxRuntime,
  'react-router': reactRouter,
  rxjs,
};

/** The part of SystemJS that is used here. */
interface SystemLoader {
  addImportMap(map: { imports: Record<string, string> }): void;
  set(url: string, module: object): void;
  import(url: string): Promise<unknown>;
}

declare global {
  interface Window {
    System: SystemLoader;
  }
}

const scheme = 'package:';

/** Hands the shared modules to SystemJS, as Grafana's plugin loader does. */
export function shareModules(): void {
  const imports = Object.fromEntries(Object.keys(shared).map((name) => [name, scheme + name]));
  window.System.addImportMap({ imports });
  for (const [name, module] of Object.entries(shared)) {
    window.System.set(scheme + name, { ...module });
  }
}

/** Loads the `plugin` of a built module.js. A module may be a promise, as AMD modules that await are. */
export async function loadPlugin(url: string): Promise<unknown> {
  const module = await window.System.import(url);
  if (hasPlugin(module)) {
    return module.plugin;
  }
  const awaited = await (module as { default?: unknown }).default;
  if (hasPlugin(awaited)) {
    return awaited.plugin;
  }
  throw new Error(`${url} exports no plugin`);
}

function hasPlugin(module: unknown): module is { plugin: unknown } {
  return typeof module === 'object' && module !== null && 'plugin' in module;
}
