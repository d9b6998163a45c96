import { css } from '@emotion/css';
import type { ReactNode } from 'react';
import { NavLink, Navigate, Route, Routes } from 'react-router-dom';
import {
  type AppPlugin,
  type AppPluginMeta,
  type DataSourceApi,
  type DataSourcePlugin,
  type GrafanaTheme2,
} from '@grafana/data';
import type { PluginPageProps } from '@grafana/runtime';
import { Combobox, Stack, Text, TextLink, useStyles2 } from '@grafana/ui';
import type { AppSettings } from '../../src/components/AppConfig/AppConfig';
import { APP_ROOT, Page, pageUrl } from '../../src/constants';
import { Annotations } from './Annotations';
import { ROLES, changeRole, currentRole } from './boot';
import { AppConfiguration, DataSourceConfiguration } from './Configuration';
import { Explore } from './Explore';

interface Props {
  app: AppPlugin<AppSettings> & { meta: AppPluginMeta<AppSettings> };
  datasource: DataSourcePlugin<DataSourceApi>;
  instance: DataSourceApi;
}

const LINKS: Array<[string, string]> = [
  [pageUrl(Page.Changes), 'Changes'],
  [pageUrl(Page.Incidents), 'Incidents'],
  ['/annotations', 'Annotations'],
  ['/explore', 'Explore'],
  ['/plugins/app', 'App configuration'],
  ['/connections/datasources/edit/ispvisualmonitor', 'Data source'],
];

/** Stands where Grafana's frame is: navigation, the role in which one acts, and the page. */
export function Shell({ app, datasource, instance }: Props) {
  const styles = useStyles2(getStyles);
  const AppRoot = app.root!;
  return (
    <div className={styles.shell}>
      <header className={styles.header}>
        <Text weight="bold">ISP Visual Monitor</Text>
        <nav className={styles.nav} aria-label="Pages">
          {LINKS.map(([to, label]) => (
            <NavLink key={to} to={to}>
              {label}
            </NavLink>
          ))}
        </nav>
        <Stack direction="row" alignItems="center" gap={1}>
          <Text color="secondary" variant="bodySmall">
            plugin host, no Grafana
          </Text>
          <Combobox
            aria-label="Act in the role"
            options={ROLES.map((value) => ({ value, label: value }))}
            value={currentRole()}
            onChange={({ value }) => changeRole(value)}
            width={16}
          />
        </Stack>
      </header>
      <Routes>
        <Route
          path={`${APP_ROOT}/*`}
          element={
            <AppRoot meta={app.meta} basename={APP_ROOT} path={APP_ROOT} query={{}} onNavChanged={() => undefined} />
          }
        />
        <Route path="/annotations" element={<Annotations />} />
        <Route path="/explore" element={<Explore datasource={datasource} instance={instance} />} />
        <Route path="/plugins/*" element={<AppConfiguration app={app} />} />
        <Route
          path="/connections/*"
          element={<DataSourceConfiguration datasource={datasource} instance={instance} />}
        />
        <Route path="*" element={<Navigate to={pageUrl(Page.Changes)} replace />} />
      </Routes>
    </div>
  );
}

/** What Grafana's PluginPage shows around a page of an app. */
export function HostPluginPage({ pageNav, subTitle, actions, children }: PluginPageProps) {
  const title = pageNav?.text ?? document.location.pathname.split('/').pop() ?? '';
  return (
    <HostPage title={title[0]?.toUpperCase() + title.slice(1)} subTitle={subTitle} actions={actions}>
      {pageNav?.parentItem?.url && <TextLink href={pageNav.parentItem.url}>{`← ${pageNav.parentItem.text}`}</TextLink>}
      {children}
    </HostPage>
  );
}

interface HostPageProps {
  title: string;
  subTitle?: ReactNode;
  actions?: ReactNode;
  children: ReactNode;
}

export function HostPage({ title, subTitle, actions, children }: HostPageProps) {
  const styles = useStyles2(getStyles);
  return (
    <main className={styles.page}>
      <Stack direction="row" justifyContent="space-between" alignItems="flex-start">
        <Stack direction="column" gap={0.5}>
          <Text element="h1">{title}</Text>
          {subTitle && <Text color="secondary">{subTitle}</Text>}
        </Stack>
        {actions}
      </Stack>
      {children}
    </main>
  );
}

const getStyles = (theme: GrafanaTheme2) => ({
  shell: css({ background: theme.colors.background.canvas, minHeight: '100vh' }),
  header: css({
    alignItems: 'center',
    background: theme.colors.background.primary,
    borderBottom: `1px solid ${theme.colors.border.weak}`,
    display: 'flex',
    gap: theme.spacing(3),
    padding: theme.spacing(1, 3),
  }),
  nav: css({
    display: 'flex',
    flex: 1,
    gap: theme.spacing(2),
    a: { color: theme.colors.text.secondary },
    'a.active': { color: theme.colors.text.primary, fontWeight: theme.typography.fontWeightMedium },
  }),
  page: css({
    background: theme.colors.background.primary,
    border: `1px solid ${theme.colors.border.weak}`,
    borderRadius: theme.shape.radius.default,
    display: 'flex',
    flexDirection: 'column',
    gap: theme.spacing(2),
    margin: theme.spacing(2),
    padding: theme.spacing(3),
  }),
});
