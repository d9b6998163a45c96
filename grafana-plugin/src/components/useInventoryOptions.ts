import { useMemo } from 'react';
import type { ComboboxOption } from '@grafana/ui';
import type { DeviceStatus } from '../api/types';

interface InventoryOptions {
  sites: Array<ComboboxOption<string>>;
  devices: Array<ComboboxOption<string>>;
}

/** Sites and devices of the inventory as options; a device says where it stands. */
export function useInventoryOptions(inventory: DeviceStatus[]): InventoryOptions {
  return useMemo(() => {
    const known = inventory.flatMap(({ device }) => (device ? [device] : []));
    const sites = new Set(known.map(({ site }) => site).filter(Boolean));
    return {
      sites: Array.from(sites)
        .sort()
        .map((value) => ({ value, label: value })),
      devices: known.map(({ name, site }) => ({ value: name, label: name, description: site })),
    };
  }, [inventory]);
}
