import { type AnnotationQuery, CoreApp, type DataSourceInstanceSettings } from '@grafana/data';
import type { TemplateSrv } from '@grafana/runtime';
import { VisualMonitorDataSource } from './datasource';
import { subjectsOf, type VisualMonitorQuery, type VisualMonitorSettings } from './types';

const VALUES: Record<string, string | string[]> = { $device: ['a', 'b'], $site: 'east', $none: [] };

/** Replaces as Grafana does: the format function gets the value of each variable. */
const templates: TemplateSrv = {
  getVariables: () => [],
  containsTemplate: () => true,
  updateTimeRange: () => undefined,
  replace: (target = '', _scopedVars, format) =>
    target.replace(/\$\w+/g, (name) =>
      typeof format === 'function' ? String(format(VALUES[name], {}, () => '')) : name
    ),
};

const settings: Partial<DataSourceInstanceSettings<VisualMonitorSettings>> = {
  uid: 'u',
  type: 'ispvisualmonitor-datasource',
  name: 'n',
};
const datasource = new VisualMonitorDataSource(
  settings as DataSourceInstanceSettings<VisualMonitorSettings>,
  templates
);

it('gives each value of a variable by itself', () => {
  const query: VisualMonitorQuery = {
    refId: 'A',
    queryType: 'table',
    subject: 'change',
    devices: ['$device', 'core-1', 'rack-$site', '$none'],
    sites: ['$site'],
  };
  expect(datasource.applyTemplateVariables(query, {})).toMatchObject({
    devices: ['a', 'b', 'core-1', 'rack-east'],
    sites: ['east'],
    categories: [],
  });
});

it('asks annotations whatever the query of a panel was', () => {
  const { annotations } = datasource;
  const annotation = { name: 'Incidents', enable: true, iconColor: 'red' };
  const prepared = (target?: VisualMonitorQuery) =>
    annotations?.prepareQuery?.({ ...annotation, target } as AnnotationQuery<VisualMonitorQuery>);
  expect(prepared({ refId: '', queryType: 'table', subject: 'incident' })).toEqual({
    refId: 'Incidents',
    queryType: 'annotations',
    subject: 'incident',
  });
  expect(prepared(undefined)).toMatchObject({ queryType: 'annotations', subject: 'change' });
});

it('runs a query only when it knows what it is about', () => {
  expect(datasource.filterQuery({ refId: 'A', queryType: 'table' })).toBe(false);
  expect(datasource.filterQuery({ refId: 'A', queryType: 'annotations' })).toBe(true);
  expect(datasource.filterQuery({ refId: 'A', ...datasource.getDefaultQuery(CoreApp.Explore) })).toBe(true);
  expect(datasource.filterQuery({ refId: 'A', queryType: 'count', subject: 'device', hide: true })).toBe(false);
});

it('offers devices for tables and counts and not for annotations', () => {
  expect(subjectsOf('table').map(({ value }) => value)).toContain('device');
  expect(subjectsOf('annotations').map(({ value }) => value)).not.toContain('device');
});
