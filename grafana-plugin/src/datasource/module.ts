import { DataSourcePlugin } from '@grafana/data';
import { ConfigEditor } from './components/ConfigEditor';
import { QueryEditor } from './components/QueryEditor';
import { VisualMonitorDataSource } from './datasource';
import type { VisualMonitorQuery, VisualMonitorSecrets, VisualMonitorSettings } from './types';

export const plugin = new DataSourcePlugin<
  VisualMonitorDataSource,
  VisualMonitorQuery,
  VisualMonitorSettings,
  VisualMonitorSecrets
>(VisualMonitorDataSource)
  .setConfigEditor(ConfigEditor)
  .setQueryEditor(QueryEditor);
