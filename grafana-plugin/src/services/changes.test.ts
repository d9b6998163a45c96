import { change, NOW } from '../test/fixtures';
import { deviation, isOverdue, nextSteps } from './changes';

describe('deviation', () => {
  it.each([
    ['planned and ahead', change(), undefined, false],
    ['planned and late', change({ startsAt: '2026-11-20T10:55:00Z' }), 'not started, 1h 5m late', true],
    [
      'in progress and overrun',
      change({ status: 'in_progress', endsAt: '2026-11-18T09:00:00Z' }),
      'overrun by 2d 3h',
      true,
    ],
    ['in progress and in time', change({ status: 'in_progress' }), undefined, false],
    ['completed late', change({ status: 'completed', finishedAt: '2026-11-20T14:00:30Z' }), 'ended 30s late', false],
    ['completed early', change({ status: 'completed', finishedAt: '2026-11-20T13:30:00Z' }), undefined, false],
    ['canceled', change({ status: 'canceled', startsAt: '2026-11-01T00:00:00Z' }), undefined, false],
  ])('%s', (_, given, text, overdue) => {
    expect(deviation(given, NOW)).toBe(text);
    expect(isOverdue(given, NOW)).toBe(overdue);
  });
});

it('offers only the steps that the life of a change has', () => {
  expect(nextSteps('planned')).toEqual(['start', 'cancel']);
  expect(nextSteps('in_progress')).toEqual(['complete', 'cancel']);
  expect(nextSteps('completed')).toEqual([]);
  expect(nextSteps('canceled')).toEqual([]);
});
