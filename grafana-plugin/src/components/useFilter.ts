import { useCallback, useMemo } from 'react';
import { useSearchParams } from 'react-router-dom';
import type { RawTimeRange } from '@grafana/data';
import { formatFilter, parseFilter, type PageFilter } from '../services/filters';

/** The filter of a page, kept in its address. */
export function useFilter(defaultRange: RawTimeRange): [PageFilter, (filter: PageFilter) => void] {
  const [search, setSearch] = useSearchParams();
  const text = search.toString();
  const filter = useMemo(() => parseFilter(new URLSearchParams(text), defaultRange), [text, defaultRange]);
  const setFilter = useCallback((next: PageFilter) => setSearch(formatFilter(next)), [setSearch]);
  return [filter, setFilter];
}
