import { formatDuration, formatInterval, formatPercent, formatTime } from './format';

it.each([
  [0, '0s'],
  [999, '0s'],
  [59_000, '59s'],
  [61_000, '1m 1s'],
  [3_600_000, '1h'],
  [-3_660_000, '1h 1m'],
  [90_061_000, '1d 1h'],
])('formats %d ms as %s', (ms, text) => {
  expect(formatDuration(ms)).toBe(text);
});

it('names the day of an interval once', () => {
  expect(formatInterval('2026-11-20T09:00:00Z', '2026-11-20T10:30:00Z')).toBe('2026-11-20 09:00 → 10:30');
  expect(formatInterval('2026-11-20T23:00:00Z', '2026-11-21T01:00:00Z')).toBe('2026-11-20 23:00 → 2026-11-21 01:00');
  expect(formatInterval('2026-11-20T09:00:00Z')).toBe('2026-11-20 09:00 → …');
  expect(formatInterval()).toBe('–');
});

it('shows no time for none', () => {
  expect(formatTime(undefined)).toBe('–');
  expect(formatPercent(0.914)).toBe('91%');
});
