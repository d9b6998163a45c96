import { OrgRole, createTheme, type CurrentUserDTO, type DataSourceInstanceSettings } from '@grafana/data';
import { DATASOURCE_ID } from '../../src/constants';

/** The uid of the one instance, as the host has it (host/routes.go). */
export const DATASOURCE_UID = 'ispvisualmonitor';
const DATASOURCE_NAME = 'ISP Visual Monitor';

export const ROLES = [OrgRole.Viewer, OrgRole.Editor, OrgRole.Admin];

const ROLE_KEY = 'pluginhost.role';

/** The role that this tab acts in. */
export function currentRole(): OrgRole {
  return ROLES.find((role) => role === sessionStorage.getItem(ROLE_KEY)) ?? OrgRole.Editor;
}

/** Acts in another role from now on: everything is loaded anew, as after another login. */
export function changeRole(role: OrgRole): void {
  sessionStorage.setItem(ROLE_KEY, role);
  window.location.reload();
}

/** What Grafana's server writes into its page; read by @grafana/runtime when it is loaded. */
export function writeBootData(): void {
  const user: Partial<CurrentUserDTO> = {
    isSignedIn: true,
    login: `lab-${currentRole()}`,
    orgRole: currentRole(),
    timezone: 'browser',
    theme: 'dark',
    language: 'en-US',
  };
  Object.assign(window, {
    grafanaBootData: {
      user,
      settings: {
        appSubUrl: '',
        appUrl: `${window.location.origin}/`,
        theme2: createTheme({ colors: { mode: 'dark' } }),
        featureToggles: {},
        defaultDatasource: DATASOURCE_NAME,
      },
      navTree: [],
    },
  });
}

/** The settings of the instance as Grafana's frontend sees them: without any secret. */
export function datasourceSettings(meta: DataSourceInstanceSettings['meta']): DataSourceInstanceSettings {
  return {
    id: 1,
    uid: DATASOURCE_UID,
    type: DATASOURCE_ID,
    name: DATASOURCE_NAME,
    access: 'proxy',
    readOnly: false,
    jsonData: {},
    meta,
  };
}
