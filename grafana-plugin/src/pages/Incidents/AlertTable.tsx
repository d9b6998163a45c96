import { InteractiveTable, Stack, Text, type Column } from '@grafana/ui';
import type { Alert } from '../../api/types';
import { formatInterval } from '../../services/format';
import { SeverityBadge } from './badges';

const PAGE_SIZE = 20;

const COLUMNS: Array<Column<Alert>> = [
  {
    id: 'severity',
    header: 'Severity',
    sortType: 'string',
    disableGrow: true,
    cell: ({ row: { original } }) => <SeverityBadge severity={original.severity} />,
  },
  { id: 'alertname', header: 'Alert', sortType: 'string' },
  {
    id: 'device',
    header: 'Where',
    sortType: 'string',
    cell: ({ row: { original } }) => <Text>{where(original)}</Text>,
  },
  { id: 'summary', header: 'Summary' },
  {
    id: 'startsAt',
    header: 'Firing',
    sortType: (a, b) => Date.parse(a.original.startsAt ?? '') - Date.parse(b.original.startsAt ?? ''),
    cell: ({ row: { original } }) => <Text>{formatInterval(original.startsAt, original.endsAt)}</Text>,
  },
];

/** The alerts of an incident; a list may hold fewer than there are. */
export function AlertTable({ alerts, total }: { alerts: Alert[]; total: number }) {
  return (
    <Stack direction="column" gap={1}>
      {alerts.length < total && (
        <Text color="secondary">
          Showing {alerts.length} of {total} alerts.
        </Text>
      )}
      <InteractiveTable
        columns={COLUMNS}
        data={alerts}
        getRowId={(alert) => `${alert.fingerprint} ${alert.startsAt}`}
        pageSize={PAGE_SIZE}
      />
    </Stack>
  );
}

function where(alert: Alert): string {
  return [alert.device, alert.interface, alert.peer].filter(Boolean).join(' · ');
}
