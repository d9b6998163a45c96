import { useCallback, useMemo, useState } from 'react';
import { useAsync } from 'react-use';
import { useSearchParams } from 'react-router-dom';
import type { RawTimeRange } from '@grafana/data';
import { PluginPage } from '@grafana/runtime';
import { Alert, Button, EmptyState, LoadingPlaceholder, Stack } from '@grafana/ui';
import { useSession } from '../../api/context';
import { Filters } from '../../components/Filters';
import { LoadError } from '../../components/LoadError';
import { useAllPages } from '../../components/useAllPages';
import { useFilter } from '../../components/useFilter';
import { CHANGE_STATUSES, STATUS_LOOK } from '../../services/changes';
import { toApiFilter } from '../../services/filters';
import { ChangeDrawer } from './ChangeDrawer';
import { ChangeTable } from './ChangeTable';
import { LinkedChange } from './LinkedChange';

const DEFAULT_RANGE: RawTimeRange = { from: 'now-7d', to: 'now+30d' };
const STATUS_OPTIONS = CHANGE_STATUSES.map((value) => ({ value, label: STATUS_LOOK[value].label }));

/** The change calendar as a list: what was, is and will be worked on, and whether it went as planned. */
export default function ChangesPage() {
  const { api, canEdit } = useSession();
  const [filter, setFilter] = useFilter(DEFAULT_RANGE);
  const linkedId = useSearchParams()[0].get('id');
  const [planning, setPlanning] = useState(false);

  const ask = useCallback(
    async (pageToken?: string) => {
      const page = await api.listChanges(toApiFilter(filter), pageToken);
      return { rows: page.changes, nextPageToken: page.nextPageToken };
    },
    [api, filter]
  );
  const { rows, truncated, loading, error, reload } = useAllPages(ask);
  const inventory = useAsync(() => api.listDevices(), [api]);
  const devices = useMemo(() => inventory.value ?? [], [inventory.value]);

  return (
    <PluginPage
      subTitle="Planned work, and how it went."
      actions={
        canEdit && (
          <Button icon="plus" onClick={() => setPlanning(true)}>
            Plan a change
          </Button>
        )
      }
    >
      <Stack direction="column" gap={2}>
        {linkedId && <LinkedChange id={linkedId} onChanged={reload} />}
        <Filters
          filter={filter}
          onChange={setFilter}
          onRefresh={reload}
          loading={loading}
          inventory={devices}
          statuses={STATUS_OPTIONS}
        />
        {inventory.error && <LoadError title="The inventory could not be loaded" error={inventory.error} />}
        {error && <LoadError title="The changes could not be loaded" error={error} onRetry={reload} />}
        {truncated && (
          <Alert severity="warning" title={`Showing the first ${rows.length.toLocaleString('en')} changes`}>
            There are more in this range: narrow it, or filter by site or device.
          </Alert>
        )}
        {loading && rows.length === 0 && <LoadingPlaceholder text="Loading changes…" />}
        {!loading && !error && rows.length === 0 && (
          <NoChanges onPlan={canEdit ? () => setPlanning(true) : undefined} />
        )}
        {rows.length > 0 && <ChangeTable changes={rows} canEdit={canEdit} onChanged={reload} />}
      </Stack>
      {planning && (
        <ChangeDrawer
          inventory={devices}
          onClose={() => setPlanning(false)}
          onCreated={() => {
            setPlanning(false);
            reload();
          }}
        />
      )}
    </PluginPage>
  );
}

function NoChanges({ onPlan }: { onPlan?: () => void }) {
  return (
    <EmptyState
      variant={onPlan ? 'call-to-action' : 'not-found'}
      message="No changes in this range"
      button={onPlan && <Button onClick={onPlan}>Plan a change</Button>}
    >
      Work that is planned here is known when something breaks: it is not mistaken for an unplanned change.
    </EmptyState>
  );
}
