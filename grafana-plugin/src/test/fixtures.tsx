import type { ReactElement } from 'react';
import { render } from '@testing-library/react';
import { MemoryRouter } from 'react-router-dom';
import type { Api } from '../api/api';
import { SessionContext } from '../api/context';
import type { Change, DeviceStatus, Incident } from '../api/types';

/** 2026-11-20 12:00 UTC: "now" of the tests. */
export const NOW = Date.UTC(2026, 10, 20, 12);

export function change(part: Partial<Change> = {}): Change {
  return {
    id: 'CHG-1',
    title: 'Replace the optics',
    description: '',
    startsAt: '2026-11-20T13:00:00Z',
    endsAt: '2026-11-20T14:00:00Z',
    owner: 'ada',
    status: 'planned',
    notifyCritical: false,
    devices: ['core-1'],
    revision: '1',
    ...part,
  };
}

export function incident(part: Partial<Incident> = {}): Incident {
  return {
    id: 'inc-1',
    state: 'open',
    label: 'Possible change-related outage',
    explanation: 'The interfaces of edge-1 were changed before its BGP session went down.',
    unknowns: [],
    openedAt: '2026-11-20T11:50:00Z',
    onsetNotBefore: '2026-11-20T11:49:00Z',
    onsetNotAfter: '2026-11-20T11:50:00Z',
    reopened: 0,
    duringChangeId: '',
    duringMaintenanceId: '',
    alerts: [],
    candidates: [],
    devices: ['edge-1'],
    sites: ['east'],
    severity: 'critical',
    weightsVersion: '1',
    revision: '1',
    alertCount: 0,
    ...part,
  };
}

export const INVENTORY: DeviceStatus[] = [
  { device: { name: 'core-1', site: 'east', tags: [], roles: ['core'] }, uninventoried: false },
  { device: { name: 'edge-1', site: 'west', tags: [], roles: ['edge'] }, uninventoried: false },
];

/** An Api of which a test gives the parts that it uses; any other part fails the test. */
export function fakeApi(parts: Partial<Api>): Api {
  const unexpected = (name: string) => () => Promise.reject(new Error(`${name} was not expected`));
  return {
    listChanges: unexpected('listChanges'),
    getChange: unexpected('getChange'),
    createChange: unexpected('createChange'),
    stepChange: unexpected('stepChange'),
    listDevices: () => Promise.resolve(INVENTORY),
    listIncidents: unexpected('listIncidents'),
    getIncident: unexpected('getIncident'),
    acknowledge: unexpected('acknowledge'),
    ...parts,
  };
}

/** Renders a page as the app does. */
export function renderPage(page: ReactElement, api: Partial<Api>, { canEdit = true, at = '/' } = {}) {
  return render(
    <SessionContext.Provider value={{ api: fakeApi(api), canEdit }}>
      <MemoryRouter initialEntries={[at]} future={{ v7_startTransition: true, v7_relativeSplatPath: true }}>
        {page}
      </MemoryRouter>
    </SessionContext.Provider>
  );
}
