import { lazy, useMemo } from 'react';
import { Navigate, Route, Routes } from 'react-router-dom';
import type { AppRootProps } from '@grafana/data';
import { PluginPage, config, getDataSourceSrv } from '@grafana/runtime';
import { EmptyState, LinkButton } from '@grafana/ui';
import { createApi } from '../../api/api';
import { SessionContext } from '../../api/context';
import { APP_ID, DATASOURCE_ID, Page } from '../../constants';
import type { AppSettings } from '../AppConfig/AppConfig';

const ChangesPage = lazy(() => import('../../pages/Changes/ChangesPage'));
const IncidentsPage = lazy(() => import('../../pages/Incidents/IncidentsPage'));
const IncidentPage = lazy(() => import('../../pages/Incidents/IncidentPage'));

/** The pages of the app. They ask one instance of the data source: the configured one, else the first. */
export default function App({ meta }: AppRootProps<AppSettings>) {
  const uid = useDataSourceUid(meta.jsonData?.dataSourceUid);
  const session = useMemo(() => (uid ? { api: createApi(uid), canEdit: canEdit() } : undefined), [uid]);

  if (!session) {
    return <NoDataSource />;
  }
  return (
    <SessionContext.Provider value={session}>
      <Routes>
        <Route path={Page.Changes} element={<ChangesPage />} />
        <Route path={Page.Incidents} element={<IncidentsPage />} />
        <Route path={`${Page.Incidents}/:id`} element={<IncidentPage />} />
        <Route path="*" element={<Navigate to={Page.Changes} replace />} />
      </Routes>
    </SessionContext.Provider>
  );
}

function useDataSourceUid(configured?: string): string | undefined {
  return useMemo(() => {
    const instances = getDataSourceSrv().getList({ type: DATASOURCE_ID, all: true });
    return (instances.find(({ uid }) => uid === configured) ?? instances[0])?.uid;
  }, [configured]);
}

function canEdit(): boolean {
  const { orgRole } = config.bootData.user;
  return orgRole === 'Editor' || orgRole === 'Admin';
}

function NoDataSource() {
  return (
    <PluginPage>
      <EmptyState
        variant="call-to-action"
        message="No data source yet"
        button={<LinkButton href={`/plugins/${APP_ID}?page=configuration`}>Open the configuration</LinkButton>}
      >
        The pages show what the correlator knows. Create the data source that asks it, and enter its URL and token.
      </EmptyState>
    </PluginPage>
  );
}
