import pluginJson from './plugin.json';
import datasourceJson from './datasource/plugin.json';

export const APP_ID = pluginJson.id;
export const DATASOURCE_ID = datasourceJson.id;

/** Where the pages of the app are. */
export const APP_ROOT = `/a/${APP_ID}`;

/** The pages of the app, relative to APP_ROOT. */
export enum Page {
  Changes = 'changes',
  Incidents = 'incidents',
}

/** The address of a page. */
export function pageUrl(page: Page, rest = ''): string {
  return `${APP_ROOT}/${page}${rest}`;
}
