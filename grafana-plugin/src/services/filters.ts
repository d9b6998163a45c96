import { dateMath, dateTime, isDateTime, rangeUtil, type RawTimeRange, type TimeRange } from '@grafana/data';
import type { Filter } from '../api/api';

/** What a page filters by, as its address holds it. */
export interface PageFilter {
  range: RawTimeRange;
  devices: string[];
  sites: string[];
  statuses: string[];
}

/** Reads the filter of an address; what is missing or not a time comes from the default range. */
export function parseFilter(search: URLSearchParams, defaultRange: RawTimeRange): PageFilter {
  return {
    range: {
      from: parseTime(search.get('from')) ?? defaultRange.from,
      to: parseTime(search.get('to')) ?? defaultRange.to,
    },
    devices: search.getAll('device'),
    sites: search.getAll('site'),
    statuses: search.getAll('status'),
  };
}

/** Writes the filter back, so that a view can be linked to. */
export function formatFilter(filter: PageFilter): URLSearchParams {
  const search = new URLSearchParams();
  search.set('from', formatTime(filter.range.from));
  search.set('to', formatTime(filter.range.to));
  filter.devices.forEach((name) => search.append('device', name));
  filter.sites.forEach((name) => search.append('site', name));
  filter.statuses.forEach((name) => search.append('status', name));
  return search;
}

/** The instants that a relative range means now. */
export function resolveRange(raw: RawTimeRange): TimeRange {
  return rangeUtil.convertRawToRange(raw);
}

/** What the API is asked. */
export function toApiFilter(filter: PageFilter): Filter {
  const range = resolveRange(filter.range);
  return {
    from: range.from.valueOf(),
    to: range.to.valueOf(),
    devices: filter.devices,
    sites: filter.sites,
    statuses: filter.statuses,
  };
}

function parseTime(text: string | null): RawTimeRange['from'] | undefined {
  if (!text) {
    return undefined;
  }
  if (/^\d+$/.test(text)) {
    return dateTime(Number(text));
  }
  return dateMath.isValid(text) ? text : undefined;
}

function formatTime(time: RawTimeRange['from']): string {
  return isDateTime(time) ? String(time.valueOf()) : String(time);
}
