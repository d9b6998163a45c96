import type { CoreApp, DataSourceInstanceSettings, ScopedVars } from '@grafana/data';
import { DataSourceWithBackend, getTemplateSrv, type TemplateSrv } from '@grafana/runtime';
import type { DeviceStatus } from '../api/types';
import { DEFAULT_QUERY, type VisualMonitorQuery, type VisualMonitorSettings } from './types';

/** The data source: all queries are answered by its backend. */
export class VisualMonitorDataSource extends DataSourceWithBackend<VisualMonitorQuery, VisualMonitorSettings> {
  constructor(
    settings: DataSourceInstanceSettings<VisualMonitorSettings>,
    private readonly templates: TemplateSrv = getTemplateSrv()
  ) {
    super(settings);
    // Grafana's standard annotation support reads the frame; only the query is ours.
    this.annotations = {
      getDefaultQuery: () => ({ queryType: 'annotations', subject: 'change' }),
      prepareQuery: ({ name, target }) => ({
        subject: 'change',
        ...target,
        refId: target?.refId || name || 'Annotations',
        queryType: 'annotations',
      }),
    };
  }

  getDefaultQuery(_: CoreApp): Partial<VisualMonitorQuery> {
    return DEFAULT_QUERY;
  }

  /** A variable may stand for several devices or sites. */
  applyTemplateVariables(query: VisualMonitorQuery, scopedVars: ScopedVars): VisualMonitorQuery {
    const expand = (names?: string[]) => this.expand(names, scopedVars);
    return {
      ...query,
      devices: expand(query.devices),
      sites: expand(query.sites),
      categories: expand(query.categories),
    };
  }

  filterQuery(query: VisualMonitorQuery): boolean {
    return !query.hide && (query.queryType === 'annotations' || Boolean(query.subject));
  }

  /** The inventory, for the editors. */
  async listDevices(): Promise<DeviceStatus[]> {
    return (await this.getResource<{ devices: DeviceStatus[] }>('devices')).devices;
  }

  private expand(names: string[] | undefined, scopedVars: ScopedVars): string[] {
    return (names ?? []).flatMap((name) => {
      let values: string[] = [];
      const text = this.templates.replace(name, scopedVars, (value: string | string[]) => {
        values = Array.isArray(value) ? value : [value];
        return values.join(',');
      });
      // A variable within other text is replaced as text; one alone gives each of its values.
      const alone = values.length > 0 && text === values.join(',');
      return (alone ? values : [text]).filter((value) => value !== '');
    });
  }
}
