import { map } from 'rxjs';
import { EventBusSrv, LoadingState, type DataSourceApi, type DataSourceInstanceSettings } from '@grafana/data';
import {
  setAppEvents,
  setBackendSrv,
  setDataSourceSrv,
  setEchoSrv,
  setPluginImportUtils,
  setRunRequest,
  setTemplateSrv,
  type DataSourceSrv,
  type TemplateSrv,
} from '@grafana/runtime';
import { createBackendSrv } from './backendSrv';

/** Installs the services that the plugin and scenes ask @grafana/runtime for. */
export function installServices(settings: DataSourceInstanceSettings, datasource: () => Promise<DataSourceApi>): void {
  setAppEvents(new EventBusSrv());
  setBackendSrv(createBackendSrv());
  setDataSourceSrv(createDataSourceSrv(settings, datasource));
  setTemplateSrv(createTemplateSrv());
  setEchoSrv({
    addBackend: () => undefined,
    addEvent: () => undefined,
    flush: () => undefined,
    onInteraction: () => () => undefined,
  });
  setPluginImportUtils({
    importPanelPlugin: () => Promise.reject(new Error("Grafana's own panels are not published")),
    getPanelPluginFromCache: () => undefined,
  });
  // The part of Grafana's runRequest that matters here: one answer, as panel data.
  setRunRequest((asked, request) => {
    const answer = asked.query(request);
    if (!('pipe' in answer)) {
      throw new Error('the plugin host runs queries that answer with an observable');
    }
    return answer.pipe(
      map(({ data, error }) => ({
        series: data,
        state: error ? LoadingState.Error : LoadingState.Done,
        error,
        timeRange: request.range,
        request,
      }))
    );
  });
}

function createDataSourceSrv(
  settings: DataSourceInstanceSettings,
  datasource: () => Promise<DataSourceApi>
): DataSourceSrv {
  return {
    get: datasource,
    getList: (filters) => (!filters?.type || filters.type === settings.type ? [settings] : []),
    getInstanceSettings: () => settings,
    reload: () => Promise.resolve(),
    registerRuntimeDataSource: () => undefined,
  };
}

function createTemplateSrv(): TemplateSrv {
  return {
    getVariables: () => [],
    replace: (target) => target ?? '',
    containsTemplate: () => false,
    updateTimeRange: () => undefined,
  };
}
