import { dateTime } from '@grafana/data';
import { formatFilter, parseFilter, toApiFilter } from './filters';

const DEFAULT = { from: 'now-7d', to: 'now+30d' };

it('reads back what it wrote', () => {
  const filter = {
    range: { from: dateTime(1_795_000_000_000), to: 'now' },
    devices: ['a b', 'c&d'],
    sites: ['east'],
    statuses: ['planned'],
  };
  const back = parseFilter(formatFilter(filter), DEFAULT);
  expect(back.range.from.valueOf()).toBe(1_795_000_000_000);
  expect(back).toMatchObject({ devices: ['a b', 'c&d'], sites: ['east'], statuses: ['planned'] });
  expect(back.range.to).toBe('now');
});

it('takes the default where the address has no time', () => {
  const filter = parseFilter(new URLSearchParams('from=yesterday&device=x'), DEFAULT);
  expect(filter.range).toEqual(DEFAULT);
  expect(filter.devices).toEqual(['x']);
});

it('asks for the instants that a relative range means', () => {
  jest.useFakeTimers({ now: 1_795_000_000_000 });
  const asked = toApiFilter({ range: { from: 'now-1h', to: 'now' }, devices: [], sites: [], statuses: [] });
  jest.useRealTimers();
  expect(asked.to).toBe(1_795_000_000_000);
  expect(asked.to - asked.from).toBe(3_600_000);
});
