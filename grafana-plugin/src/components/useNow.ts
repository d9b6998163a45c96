import { useState } from 'react';
import { useInterval } from 'react-use';

const EVERY_MS = 15_000;

/** The time, fresh enough for what is said in minutes. */
export function useNow(): number {
  const [now, setNow] = useState(() => Date.now());
  useInterval(() => setNow(Date.now()), EVERY_MS);
  return now;
}
