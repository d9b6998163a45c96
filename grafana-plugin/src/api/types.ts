/**
 * The messages of the correlator's API as the backend passes them on: protobuf's JSON mapping. Times
 * are RFC 3339 text and absent when not set, 64-bit numbers are text, empty lists are present.
 */

export type ChangeStatus = 'planned' | 'in_progress' | 'completed' | 'canceled';

export interface Scope {
  sites: string[];
  devices: string[];
  tags: string[];
  services: string[];
}

export interface Change {
  id: string;
  title: string;
  description: string;
  startsAt: string;
  endsAt: string;
  scope?: Scope;
  owner: string;
  status: ChangeStatus;
  notifyCritical: boolean;
  startedAt?: string;
  finishedAt?: string;
  /** What the scope means now. */
  devices: string[];
  revision: string;
}

export interface ChangeList {
  changes: Change[];
  nextPageToken: string;
}

export interface NewChange {
  title: string;
  description: string;
  startsAt: string;
  endsAt: string;
  scope: Pick<Scope, 'sites' | 'devices'>;
  notifyCritical: boolean;
}

export interface Device {
  name: string;
  site: string;
  tags: string[];
  roles: string[];
}

export interface DeviceStatus {
  device?: Device;
  uninventoried: boolean;
  lastObservedAt?: string;
  lastChangeAt?: string;
}

export interface Evidence {
  kind: string;
  configChangeId: string;
  weight: number;
  terms: Record<string, number>;
  text: string;
}

export interface Candidate {
  kind: string;
  name: string;
  devices: string[];
  role: string;
  score: number;
  confidence: number;
  explains: string[];
  evidence: Evidence[];
}

export interface Alert {
  fingerprint: string;
  alertname: string;
  device: string;
  site: string;
  interface: string;
  peer: string;
  severity: string;
  symptom: string;
  summary: string;
  startsAt?: string;
  endsAt?: string;
  suppressed: boolean;
}

export interface Incident {
  id: string;
  state: 'open' | 'closed';
  label: string;
  explanation: string;
  unknowns: string[];
  onsetNotBefore?: string;
  onsetNotAfter?: string;
  openedAt?: string;
  closedAt?: string;
  reopened: number;
  acknowledged?: { by: string; at?: string; until?: string };
  duringChangeId: string;
  duringMaintenanceId: string;
  alerts: Alert[];
  candidates: Candidate[];
  devices: string[];
  sites: string[];
  severity: string;
  weightsVersion: string;
  revision: string;
  alertCount: number;
}

export interface IncidentList {
  incidents: Incident[];
  nextPageToken: string;
}
