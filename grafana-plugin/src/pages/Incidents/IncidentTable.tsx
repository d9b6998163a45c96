import { InteractiveTable, Stack, Text, TextLink, type Column } from '@grafana/ui';
import type { Incident } from '../../api/types';
import { useNow } from '../../components/useNow';
import { Page, pageUrl } from '../../constants';
import { formatDuration, formatPercent, formatTime } from '../../services/format';
import { ChangeLabel, SeverityBadge, StateBadge } from './badges';

const PAGE_SIZE = 50;
const NEWEST_FIRST = [{ id: 'openedAt', desc: true }];

const COLUMNS: Array<Column<Incident>> = [
  {
    id: 'state',
    header: 'State',
    sortType: 'string',
    disableGrow: true,
    cell: ({ row: { original } }) => <StateBadge state={original.state} />,
  },
  {
    id: 'severity',
    header: 'Severity',
    sortType: 'string',
    disableGrow: true,
    cell: ({ row: { original } }) => <SeverityBadge severity={original.severity} />,
  },
  {
    id: 'openedAt',
    header: 'Opened',
    width: 170,
    sortType: (a, b) => Date.parse(a.original.openedAt ?? '') - Date.parse(b.original.openedAt ?? ''),
    cell: ({ row: { original } }) => <When incident={original} />,
  },
  {
    id: 'explanation',
    header: 'What happened',
    cell: ({ row: { original } }) => <What incident={original} />,
  },
  {
    id: 'cause',
    header: 'Probable cause',
    width: 200,
    cell: ({ row: { original } }) => <Cause incident={original} />,
  },
  { id: 'alertCount', header: 'Alerts', sortType: 'number', disableGrow: true },
];

/** The list of incidents; the explanation links to the incident. */
export function IncidentTable({ incidents }: { incidents: Incident[] }) {
  return (
    <InteractiveTable
      columns={COLUMNS}
      data={incidents}
      getRowId={(incident) => incident.id}
      pageSize={PAGE_SIZE}
      autoResetPage={false}
      initialSortBy={NEWEST_FIRST}
    />
  );
}

function When({ incident }: { incident: Incident }) {
  const now = useNow();
  const opened = Date.parse(incident.openedAt ?? '');
  const length = incident.closedAt
    ? `lasted ${formatDuration(Date.parse(incident.closedAt) - opened)}`
    : `for ${formatDuration(now - opened)}`;
  return (
    <Stack direction="column" gap={0}>
      <Text>{formatTime(incident.openedAt)}</Text>
      <Text variant="bodySmall" color="secondary">
        {length}
      </Text>
    </Stack>
  );
}

function What({ incident }: { incident: Incident }) {
  return (
    <Stack direction="column" gap={0.5} alignItems="flex-start">
      <ChangeLabel label={incident.label} />
      <TextLink href={pageUrl(Page.Incidents, `/${encodeURIComponent(incident.id)}`)}>
        {incident.explanation || `Incident ${incident.id}`}
      </TextLink>
    </Stack>
  );
}

function Cause({ incident }: { incident: Incident }) {
  const [first] = incident.candidates;
  if (!first) {
    return <Text color="secondary">unknown</Text>;
  }
  return (
    <Stack direction="column" gap={0}>
      <Text weight="medium">{first.name}</Text>
      <Text variant="bodySmall" color="secondary">
        {first.kind}, confidence {formatPercent(first.confidence)}
      </Text>
    </Stack>
  );
}
