import { useState } from 'react';
import { useAsync } from 'react-use';
import type {
  AppPlugin,
  AppPluginMeta,
  DataSourceApi,
  DataSourcePlugin,
  DataSourcePluginOptionsEditorProps,
} from '@grafana/data';
import { DataSourceWithBackend } from '@grafana/runtime';
import { Alert } from '@grafana/ui';
import type { AppSettings } from '../../src/components/AppConfig/AppConfig';
import { DATASOURCE_ID } from '../../src/constants';
import { DATASOURCE_UID } from './boot';
import { HostPage } from './Shell';

/** The app's configuration page. */
export function AppConfiguration({ app }: { app: AppPlugin<AppSettings> & { meta: AppPluginMeta<AppSettings> } }) {
  const [page] = app.configPages ?? [];
  const Body = page.body;
  return (
    <HostPage title="App configuration">
      <Body plugin={app} query={{}} />
    </HostPage>
  );
}

interface Props {
  datasource: DataSourcePlugin<DataSourceApi>;
  instance: DataSourceApi;
}

type Options = DataSourcePluginOptionsEditorProps['options'];

/** The data source's configuration editor, and its health. The host's own flags say what is really used. */
export function DataSourceConfiguration({ datasource, instance }: Props) {
  const Editor = datasource.components.ConfigEditor!;
  const [options, setOptions] = useState<Options>(initialOptions);
  const health = useAsync(
    () =>
      instance instanceof DataSourceWithBackend ? instance.testDatasource() : Promise.reject(new Error('no backend')),
    [instance]
  );
  return (
    <HostPage title="Data source">
      <Editor options={options} onOptionsChange={setOptions} />
      <section aria-label="Health">
        {health.value && <Alert severity="success" title={health.value.message} />}
        {health.error && <Alert severity="error" title={health.error.message} />}
      </section>
    </HostPage>
  );
}

function initialOptions(): Options {
  return {
    id: 1,
    uid: DATASOURCE_UID,
    orgId: 1,
    name: 'ISP Visual Monitor',
    typeLogoUrl: '',
    type: DATASOURCE_ID,
    typeName: 'ISP Visual Monitor',
    access: 'proxy',
    url: '',
    user: '',
    database: '',
    basicAuth: false,
    basicAuthUser: '',
    isDefault: true,
    jsonData: {},
    secureJsonFields: { token: true },
    readOnly: false,
    withCredentials: false,
  };
}
