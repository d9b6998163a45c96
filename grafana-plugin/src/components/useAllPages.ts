import { useCallback, useMemo, useState } from 'react';
import { useAsync } from 'react-use';

interface PageOf<T> {
  rows: T[];
  nextPageToken: string;
}

interface Loaded<T> {
  rows: T[];
  /** There were more than maxRows. */
  truncated: boolean;
  loading: boolean;
  error?: Error;
  reload: () => void;
}

/** How many rows a page of the app holds; beyond it the range is too wide to read anyway. */
const MAX_ROWS = 5000;

/**
 * Follows page tokens until nothing or MAX_ROWS is left. While it loads again the rows of before are
 * kept, so that the list does not flicker. ask must be stable.
 */
export function useAllPages<T>(ask: (pageToken?: string) => Promise<PageOf<T>>): Loaded<T> {
  // Counted here: useAsyncRetry ignores a retry while it loads, and what was just written would be missed.
  const [attempt, setAttempt] = useState(0);
  const reload = useCallback(() => setAttempt((n) => n + 1), []);
  const state = useAsync(async () => {
    const rows: T[] = [];
    let token: string | undefined;
    do {
      const page = await ask(token);
      rows.push(...page.rows);
      token = page.nextPageToken || undefined;
    } while (token && rows.length < MAX_ROWS);
    return { rows, truncated: token !== undefined };
  }, [ask, attempt]);

  const rows = useMemo(() => state.value?.rows ?? [], [state.value]);
  return {
    rows,
    truncated: state.value?.truncated ?? false,
    loading: state.loading,
    error: state.error,
    reload,
  };
}
