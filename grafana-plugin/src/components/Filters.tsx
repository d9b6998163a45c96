import { useId, useMemo } from 'react';
import { InlineField, MultiCombobox, RefreshPicker, Stack, TimeRangeInput, type ComboboxOption } from '@grafana/ui';
import type { DeviceStatus } from '../api/types';
import { resolveRange, type PageFilter } from '../services/filters';
import { useInventoryOptions } from './useInventoryOptions';

interface Props {
  filter: PageFilter;
  onChange: (filter: PageFilter) => void;
  onRefresh: () => void;
  loading: boolean;
  inventory: DeviceStatus[];
  statuses: Array<ComboboxOption<string>>;
}

/** Range, status, site and device, above every list. */
export function Filters({ filter, onChange, onRefresh, loading, inventory, statuses }: Props) {
  const id = useId();
  const range = useMemo(() => resolveRange(filter.range), [filter.range]);
  const { sites, devices } = useInventoryOptions(inventory);
  const set = (part: Partial<PageFilter>) => onChange({ ...filter, ...part });

  return (
    <Stack direction="row" wrap="wrap" gap={1} alignItems="flex-start">
      <InlineField label="Range">
        <TimeRangeInput value={range} onChange={({ raw }) => set({ range: raw })} showIcon />
      </InlineField>
      <InlineField label="Status">
        <MultiCombobox
          id={`${id}-status`}
          options={statuses}
          value={filter.statuses}
          onChange={(chosen) => set({ statuses: chosen.map(({ value }) => value) })}
          placeholder="All"
          width="auto"
          minWidth={16}
          maxWidth={40}
        />
      </InlineField>
      <InlineField label="Site">
        <MultiCombobox
          id={`${id}-site`}
          options={sites}
          value={filter.sites}
          onChange={(chosen) => set({ sites: chosen.map(({ value }) => value) })}
          placeholder="All"
          width="auto"
          minWidth={16}
          maxWidth={40}
        />
      </InlineField>
      <InlineField label="Device">
        <MultiCombobox
          id={`${id}-device`}
          options={devices}
          value={filter.devices}
          onChange={(chosen) => set({ devices: chosen.map(({ value }) => value) })}
          placeholder="All"
          width="auto"
          minWidth={16}
          maxWidth={40}
        />
      </InlineField>
      <RefreshPicker
        onRefresh={onRefresh}
        onIntervalChanged={() => undefined}
        noIntervalPicker
        isLoading={loading}
        text="Refresh"
        tooltip="Ask the correlator again"
      />
    </Stack>
  );
}
