import { useMemo } from 'react';
import { InteractiveTable, Stack, Text, type Column } from '@grafana/ui';
import type { Change } from '../../api/types';
import { useNow } from '../../components/useNow';
import { deviation, isOverdue } from '../../services/changes';
import { formatInterval } from '../../services/format';
import { ChangeActions } from './ChangeActions';
import { ChangeDetails } from './ChangeDetails';
import { StatusBadge } from './StatusBadge';

interface Props {
  changes: Change[];
  canEdit: boolean;
  onChanged: () => void;
}

const PAGE_SIZE = 50;
const SHOWN_NAMES = 3;
const NEWEST_FIRST = [{ id: 'startsAt', desc: true }];

/** The list of changes, newest first. A row opens to its description, scope and owner. */
export function ChangeTable({ changes, canEdit, onChanged }: Props) {
  const columns = useMemo(() => columnsFor(canEdit, onChanged), [canEdit, onChanged]);
  return (
    <InteractiveTable
      columns={columns}
      data={changes}
      getRowId={(change) => change.id}
      pageSize={PAGE_SIZE}
      autoResetPage={false}
      initialSortBy={NEWEST_FIRST}
      renderExpandedRow={(change) => <ChangeDetails change={change} />}
    />
  );
}

function columnsFor(canEdit: boolean, onChanged: () => void): Array<Column<Change>> {
  const columns: Array<Column<Change>> = [
    {
      id: 'status',
      header: 'Status',
      sortType: 'string',
      width: 130,
      cell: ({ row: { original } }) => <StatusBadge status={original.status} />,
    },
    {
      id: 'title',
      header: 'Change',
      sortType: 'string',
      cell: ({ row: { original } }) => <Text weight="medium">{original.title}</Text>,
    },
    {
      id: 'startsAt',
      header: 'Planned',
      sortType: byInstant('startsAt'),
      cell: ({ row: { original } }) => <Text>{formatInterval(original.startsAt, original.endsAt)}</Text>,
    },
    {
      id: 'startedAt',
      header: 'Actual',
      sortType: byInstant('startedAt'),
      cell: ({ row: { original } }) => <Actual change={original} />,
    },
    {
      id: 'devices',
      header: 'Devices',
      cell: ({ row: { original } }) => <Names names={original.devices} />,
    },
    { id: 'owner', header: 'Owner', sortType: 'string', disableGrow: true },
  ];
  if (canEdit) {
    columns.push({
      id: 'actions',
      header: () => null,
      disableGrow: true,
      cell: ({ row: { original } }) => <ChangeActions change={original} onChanged={onChanged} />,
    });
  }
  return columns;
}

/** Unset instants come last when sorted ascending. */
function byInstant(field: 'startsAt' | 'startedAt'): Column<Change>['sortType'] {
  const instant = (change: Change) => {
    const at = change[field];
    return at ? Date.parse(at) : Number.MAX_SAFE_INTEGER;
  };
  return (a, b) => instant(a.original) - instant(b.original);
}

function Actual({ change }: { change: Change }) {
  const now = useNow();
  const text = deviation(change, now);
  return (
    <Stack direction="column" gap={0}>
      <Text>{change.startedAt ? formatInterval(change.startedAt, change.finishedAt) : '–'}</Text>
      {text && (
        <Text variant="bodySmall" color={isOverdue(change, now) ? 'warning' : 'secondary'}>
          {text}
        </Text>
      )}
    </Stack>
  );
}

function Names({ names }: { names: string[] }) {
  const rest = names.length - SHOWN_NAMES;
  return (
    <Text>
      {names.slice(0, SHOWN_NAMES).join(', ')}
      {rest > 0 ? ` and ${rest} more` : ''}
    </Text>
  );
}
