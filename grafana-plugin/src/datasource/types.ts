import type { DataSourceJsonData } from '@grafana/data';
import type { DataQuery } from '@grafana/schema';

/** What a query asks for. */
export type QueryType = 'annotations' | 'table' | 'count';

/** What a query is about; none for annotations of every class. */
export type Subject = 'change' | 'config_change' | 'incident' | 'device' | '';

/** One query, as the backend reads it (pkg/datasource/query.go). */
export interface VisualMonitorQuery extends DataQuery {
  queryType?: QueryType;
  subject?: Subject;
  devices?: string[];
  sites?: string[];
  categories?: string[];
  statuses?: string[];
  unplannedOnly?: boolean;
  limit?: number;
}

/** jsonData of the data source: everyone who sees the data source can read it. */
export interface VisualMonitorSettings extends DataSourceJsonData {
  /** The tenant that the token is expected to belong to. */
  tenant?: string;
  timeoutSeconds?: number;
  tlsSkipVerify?: boolean;
}

/** secureJsonData: written by the browser and never read back by it. */
export interface VisualMonitorSecrets {
  token?: string;
}

export const DEFAULT_QUERY: Partial<VisualMonitorQuery> = { queryType: 'table', subject: 'config_change' };

/** What the subjects are called, in the order of the editor. */
export const SUBJECTS: Array<{ value: Subject; label: string; description: string }> = [
  { value: 'change', label: 'Changes', description: 'Planned work' },
  { value: 'config_change', label: 'Config changes', description: 'Detected on devices' },
  { value: 'incident', label: 'Incidents', description: 'Correlated alerts with their probable cause' },
  { value: 'device', label: 'Devices', description: 'The inventory' },
];

/** The subjects that a type of query can be about. */
export function subjectsOf(type: QueryType): typeof SUBJECTS {
  return type === 'annotations' ? SUBJECTS.filter(({ value }) => value !== 'device') : SUBJECTS;
}

/** The statuses that rows of a subject can have. */
export function statusesOf(subject: Subject | undefined): string[] {
  switch (subject) {
    case 'change':
      return ['planned', 'in_progress', 'completed', 'canceled'];
    case 'incident':
      return ['open', 'closed'];
    default:
      return [];
  }
}
