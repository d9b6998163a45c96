import { useCallback, useMemo } from 'react';
import { useAsync } from 'react-use';
import type { RawTimeRange } from '@grafana/data';
import { PluginPage } from '@grafana/runtime';
import { Alert, EmptyState, LoadingPlaceholder, Stack } from '@grafana/ui';
import { useSession } from '../../api/context';
import { Filters } from '../../components/Filters';
import { LoadError } from '../../components/LoadError';
import { useAllPages } from '../../components/useAllPages';
import { useFilter } from '../../components/useFilter';
import { toApiFilter } from '../../services/filters';
import { IncidentTable } from './IncidentTable';

const DEFAULT_RANGE: RawTimeRange = { from: 'now-7d', to: 'now' };
const STATE_OPTIONS = [
  { value: 'open', label: 'Open' },
  { value: 'closed', label: 'Closed' },
];

/** What broke, newest first, and what probably caused it. */
export default function IncidentsPage() {
  const { api } = useSession();
  const [filter, setFilter] = useFilter(DEFAULT_RANGE);

  const ask = useCallback(
    async (pageToken?: string) => {
      const page = await api.listIncidents(toApiFilter(filter), pageToken);
      return { rows: page.incidents, nextPageToken: page.nextPageToken };
    },
    [api, filter]
  );
  const { rows, truncated, loading, error, reload } = useAllPages(ask);
  const inventory = useAsync(() => api.listDevices(), [api]);
  const devices = useMemo(() => inventory.value ?? [], [inventory.value]);

  return (
    <PluginPage subTitle="Correlated alerts, and what probably caused them.">
      <Stack direction="column" gap={2}>
        <Filters
          filter={filter}
          onChange={setFilter}
          onRefresh={reload}
          loading={loading}
          inventory={devices}
          statuses={STATE_OPTIONS}
        />
        {error && <LoadError title="The incidents could not be loaded" error={error} onRetry={reload} />}
        {truncated && (
          <Alert severity="warning" title={`Showing the first ${rows.length.toLocaleString('en')} incidents`}>
            There are more in this range: narrow it, or filter by site or device.
          </Alert>
        )}
        {loading && rows.length === 0 && <LoadingPlaceholder text="Loading incidents…" />}
        {!loading && !error && rows.length === 0 && (
          <EmptyState variant="completed" message="No incidents in this range" />
        )}
        {rows.length > 0 && <IncidentTable incidents={rows} />}
      </Stack>
    </PluginPage>
  );
}
