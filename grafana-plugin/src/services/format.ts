import { dateTimeFormat } from '@grafana/data';

/** An instant in the time zone of the browser; a dash for none. */
export function formatTime(at?: string): string {
  return at ? dateTimeFormat(at, { format: 'YYYY-MM-DD HH:mm' }) : '–';
}

/** From until to, the day named once when both are on the same. */
export function formatInterval(from?: string, to?: string): string {
  if (!from) {
    return '–';
  }
  const begin = formatTime(from);
  if (!to) {
    return `${begin} → …`;
  }
  const end = formatTime(to);
  const sameDay = begin.slice(0, 10) === end.slice(0, 10);
  return `${begin} → ${sameDay ? end.slice(11) : end}`;
}

const UNITS: Array<[number, string]> = [
  [86_400, 'd'],
  [3_600, 'h'],
  [60, 'm'],
  [1, 's'],
];

/** A length of time in its two largest units, such as 2h 5m. */
export function formatDuration(ms: number): string {
  let rest = Math.floor(Math.abs(ms) / 1000);
  const parts = UNITS.map(([seconds, unit]) => {
    const n = Math.floor(rest / seconds);
    rest -= n * seconds;
    return { n, unit };
  });
  const first = parts.findIndex(({ n }) => n > 0);
  if (first < 0) {
    return '0s';
  }
  return parts
    .slice(first, first + 2)
    .filter(({ n }) => n > 0)
    .map(({ n, unit }) => `${n}${unit}`)
    .join(' ');
}

/** A share in [0,1] as a percentage. */
export function formatPercent(share: number): string {
  return `${Math.round(share * 100)}%`;
}
