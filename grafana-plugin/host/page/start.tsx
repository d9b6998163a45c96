import { StrictMode } from 'react';
import { createRoot } from 'react-dom/client';
import { BrowserRouter } from 'react-router-dom';
import { AppPlugin, DataSourcePlugin, ThemeContext, type AppPluginMeta, type DataSourceApi } from '@grafana/data';
import { config } from '@grafana/runtime';
import { setPluginPage } from '@grafana/runtime/PluginPage';
import { GlobalStyles } from '@grafana/ui';
import { APP_ID } from '../../src/constants';
import type { AppSettings } from '../../src/components/AppConfig/AppConfig';
import { datasourceSettings } from './boot';
import { loadPlugin, shareModules } from './modules';
import { installServices } from './services';
import { HostPluginPage, Shell } from './Shell';

const PLUGIN_URL = new URL(`public/plugins/${APP_ID}/`, document.baseURI).href;

/** Loads the built plugin as Grafana does, and shows it. */
export async function start(): Promise<void> {
  // Before the modules are shared: what is shared is what the module exports then.
  setPluginPage(HostPluginPage);
  shareModules();

  const datasource = await loadPlugin(`${PLUGIN_URL}datasource/module.js`);
  const app = await loadPlugin(`${PLUGIN_URL}module.js`);
  if (!isDataSourcePlugin(datasource) || !isAppPlugin(app)) {
    throw new Error('the built plugin is not an app with a data source');
  }
  app.meta = { ...(await manifest('plugin.json')), enabled: true, jsonData: {} };

  const settings = datasourceSettings(await manifest('datasource/plugin.json'));
  installServices(settings, async () => instance);
  const instance = new datasource.DataSourceClass(settings);

  createRoot(document.getElementById('root')!).render(
    <StrictMode>
      <ThemeContext.Provider value={config.theme2}>
        <GlobalStyles />
        <BrowserRouter>
          <Shell app={app} datasource={datasource} instance={instance} />
        </BrowserRouter>
      </ThemeContext.Provider>
    </StrictMode>
  );
}

async function manifest(name: string) {
  return (await fetch(PLUGIN_URL + name)).json();
}

function isDataSourcePlugin(plugin: unknown): plugin is DataSourcePlugin<DataSourceApi> {
  return plugin instanceof DataSourcePlugin;
}

function isAppPlugin(plugin: unknown): plugin is AppPlugin<AppSettings> & { meta: AppPluginMeta<AppSettings> } {
  return plugin instanceof AppPlugin;
}
