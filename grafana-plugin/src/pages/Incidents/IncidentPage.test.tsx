import { screen, within } from '@testing-library/react';
import userEvent from '@testing-library/user-event';
import { Route, Routes } from 'react-router-dom';
import { incident, renderPage } from '../../test/fixtures';
import IncidentPage from './IncidentPage';
import IncidentsPage from './IncidentsPage';

jest.mock('@grafana/runtime', () => ({
  ...jest.requireActual('@grafana/runtime'),
  PluginPage: jest.requireActual('../../test/PluginPage').PluginPage,
}));

const routes = (
  <Routes>
    <Route path="/incidents" element={<IncidentsPage />} />
    <Route path="/incidents/:id" element={<IncidentPage />} />
  </Routes>
);

const explained = incident({
  unknowns: ['agg-north was not observed since 06:00.'],
  alertCount: 7,
  alerts: [
    {
      fingerprint: 'a1',
      alertname: 'BGPSessionDown',
      device: 'edge-1',
      site: 'east',
      interface: '',
      peer: 'upstream-a',
      severity: 'critical',
      symptom: 'bgp_down',
      summary: 'BGP is down',
      startsAt: '2026-11-20T11:50:00Z',
      suppressed: false,
    },
  ],
  candidates: [
    {
      kind: 'device',
      name: 'edge-1',
      devices: ['edge-1'],
      role: 'primary',
      score: 17.6,
      confidence: 0.9,
      explains: ['BGPSessionDown edge-1'],
      evidence: [
        {
          kind: 'config_change',
          configChangeId: 'cc-1',
          weight: 7.6,
          terms: { n: 8, time_decay: 0.95 },
          text: 'ether1 disabled',
        },
        { kind: 'api_unreachable', configChangeId: '', weight: -3, terms: {}, text: '' },
      ],
    },
  ],
});

it('shows the cause, every term of its evidence, and what is not known', async () => {
  renderPage(routes, { getIncident: async () => explained }, { at: '/incidents/inc-1' });
  const evidence = await screen.findByRole('table', { name: 'Evidence' });
  const [, change, state] = within(evidence).getAllByRole('row');
  expect(change).toHaveTextContent('ether1 disabled+7.6n 8 · time decay 0.95');
  expect(state).toHaveTextContent('api_unreachable−3.0');
  expect(screen.getByText('agg-north was not observed since 06:00.')).toBeInTheDocument();
  expect(screen.getByText('edge-1 · upstream-a')).toBeInTheDocument();
  expect(screen.getByText('Showing 1 of 7 alerts.')).toBeInTheDocument();
});

it('is acknowledged by editors only, and once', async () => {
  const user = userEvent.setup({ delay: null });
  let shown = explained;
  const acknowledge = jest.fn(async () => {
    shown = { ...explained, acknowledged: { by: 'ada' } };
    return shown;
  });
  const { unmount } = renderPage(routes, { getIncident: async () => shown, acknowledge }, { at: '/incidents/inc-1' });
  await user.click(await screen.findByRole('button', { name: 'Acknowledge' }));
  expect(await screen.findByText(/acknowledged by ada/)).toBeInTheDocument();
  expect(screen.queryByRole('button', { name: 'Acknowledge' })).not.toBeInTheDocument();
  unmount();

  renderPage(routes, { getIncident: async () => explained }, { at: '/incidents/inc-1', canEdit: false });
  expect(await screen.findByText(/Began 2026-11-20 11:49/)).toBeInTheDocument();
  expect(screen.queryByRole('button', { name: 'Acknowledge' })).not.toBeInTheDocument();
});

it('lists incidents with their label and probable cause', async () => {
  const listIncidents = jest.fn().mockResolvedValue({ incidents: [explained], nextPageToken: '' });
  renderPage(routes, { listIncidents }, { at: '/incidents?status=open' });
  expect(await screen.findByText('Possible change-related outage')).toBeInTheDocument();
  expect(screen.getByText('device, confidence 90%')).toBeInTheDocument();
  expect(screen.getByRole('link', { name: /interfaces of edge-1/ })).toHaveAttribute(
    'href',
    '/a/ispvisualmonitor-app/incidents/inc-1'
  );
  expect(listIncidents).toHaveBeenCalledWith(expect.objectContaining({ statuses: ['open'] }), undefined);
});
