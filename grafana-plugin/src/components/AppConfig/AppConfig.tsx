import { useAsyncFn } from 'react-use';
import type { AppPluginMeta, PluginConfigPageProps } from '@grafana/data';
import { getBackendSrv, getDataSourceSrv, locationService } from '@grafana/runtime';
import { Alert, Button, FieldSet, LinkButton, Stack, Text, TextLink } from '@grafana/ui';
import { errorText } from '../../api/api';
import { DATASOURCE_ID, Page, pageUrl } from '../../constants';

/** jsonData of the app. */
export interface AppSettings {
  /** Which instance the pages ask, where there are several. Default: the first. */
  dataSourceUid?: string;
}

export type AppConfigProps = PluginConfigPageProps<AppPluginMeta<AppSettings>>;

/** Creates and links the data source, which is hard to find in the catalogue as it comes within the app. */
export default function AppConfig({ plugin }: AppConfigProps) {
  const instances = getDataSourceSrv().getList({ type: DATASOURCE_ID, all: true });
  const [created, create] = useAsyncFn(async () => {
    const answer = await getBackendSrv().post<{ datasource: { uid: string } }>('/api/datasources', {
      name: 'ISP Visual Monitor',
      type: DATASOURCE_ID,
      access: 'proxy',
    });
    locationService.push(`/connections/datasources/edit/${answer.datasource.uid}`);
  }, []);

  return (
    <FieldSet label="Data source">
      <Stack direction="column" gap={2} alignItems="flex-start">
        {!plugin.meta.enabled && (
          <Alert severity="info" title="The app is not enabled">
            Enable it above: then its pages appear in the menu.
          </Alert>
        )}
        {instances.length === 0 ? (
          <Text>
            The app asks the correlator through its own data source. Create it, then enter the correlator&apos;s URL and
            token there.
          </Text>
        ) : (
          <ul aria-label="Data sources">
            {instances.map(({ uid, name }) => (
              <li key={uid}>
                <TextLink href={`/connections/datasources/edit/${uid}`}>{name}</TextLink>
              </li>
            ))}
          </ul>
        )}
        {created.error && (
          <Alert severity="error" title="The data source was not created">
            {errorText(created.error)}
          </Alert>
        )}
        <Stack direction="row">
          <Button onClick={create} disabled={created.loading} variant={instances.length ? 'secondary' : 'primary'}>
            {instances.length ? 'Create another data source' : 'Create the data source'}
          </Button>
          {instances.length > 0 && <LinkButton href={pageUrl(Page.Changes)}>Open the change calendar</LinkButton>}
        </Stack>
      </Stack>
    </FieldSet>
  );
}
