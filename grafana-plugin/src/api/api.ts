import { lastValueFrom } from 'rxjs';
import { getBackendSrv, isFetchError, type BackendSrvRequest } from '@grafana/runtime';
import type { Change, ChangeList, DeviceStatus, Incident, IncidentList, NewChange } from './types';

/** A range and what to keep of it; empty lists keep everything. */
export interface Filter {
  from: number;
  to: number;
  devices: string[];
  sites: string[];
  statuses: string[];
}

export type ChangeStep = 'start' | 'complete' | 'cancel';

/** What the pages ask. One instance of the data source answers. */
export interface Api {
  listChanges(filter: Filter, pageToken?: string): Promise<ChangeList>;
  getChange(id: string): Promise<Change>;
  createChange(change: NewChange, idempotencyKey: string): Promise<Change>;
  stepChange(id: string, step: ChangeStep): Promise<Change>;
  listDevices(): Promise<DeviceStatus[]>;
  listIncidents(filter: Filter, pageToken?: string): Promise<IncidentList>;
  getIncident(id: string): Promise<Incident>;
  acknowledge(id: string): Promise<Incident>;
}

/** The Api of the data source instance with this uid. */
export function createApi(uid: string): Api {
  const call = async <T>(path: string, request: Partial<BackendSrvRequest> = {}): Promise<T> => {
    const response = await lastValueFrom(
      getBackendSrv().fetch<T>({
        url: `/api/datasources/uid/${encodeURIComponent(uid)}/resources/${path}`,
        // The pages show what went wrong where it went wrong.
        showErrorAlert: false,
        ...request,
      })
    );
    return response.data;
  };
  const post = <T>(path: string, data: unknown = {}) => call<T>(path, { method: 'POST', data });

  return {
    listChanges: (filter, pageToken) => call('changes', { params: params(filter, 'status', pageToken) }),
    getChange: (id) => call(`changes/${encodeURIComponent(id)}`),
    createChange: (change, idempotencyKey) => post('changes', { change, idempotencyKey }),
    stepChange: (id, step) => post(`changes/${encodeURIComponent(id)}/${step}`),
    listDevices: async () => (await call<{ devices: DeviceStatus[] }>('devices')).devices,
    listIncidents: (filter, pageToken) => call('incidents', { params: params(filter, 'state', pageToken) }),
    getIncident: (id) => call(`incidents/${encodeURIComponent(id)}`),
    acknowledge: (id) => post(`incidents/${encodeURIComponent(id)}/acknowledge`),
  };
}

function params(filter: Filter, statusName: string, pageToken?: string): Record<string, unknown> {
  return {
    from: filter.from,
    to: filter.to,
    device: filter.devices,
    site: filter.sites,
    [statusName]: filter.statuses,
    ...(pageToken ? { pageToken } : {}),
  };
}

/** The text of a failure, as the backend gave it where it did. */
export function errorText(error: unknown): string {
  if (isFetchError(error)) {
    return error.data?.message ?? error.statusText ?? `The request failed with status ${error.status}.`;
  }
  return error instanceof Error ? error.message : String(error);
}

/**
 * A key that makes a repeated request plan a change once. crypto.randomUUID is missing where Grafana
 * is served without TLS, so the bytes are drawn by getRandomValues, which is there.
 */
export function newIdempotencyKey(): string {
  const bytes = crypto.getRandomValues(new Uint8Array(16));
  return Array.from(bytes, (byte) => byte.toString(16).padStart(2, '0')).join('');
}
