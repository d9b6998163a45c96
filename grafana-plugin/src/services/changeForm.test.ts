import { dateTime } from '@grafana/data';
import { NOW } from '../test/fixtures';
import { emptyDraft, toNewChange, validateDraft, type ChangeDraft } from './changeForm';

const good = (part: Partial<ChangeDraft> = {}): ChangeDraft => ({
  ...emptyDraft(NOW + 5 * 60_000),
  title: ' Swap a card ',
  devices: ['core-1'],
  ...part,
});

it('begins with the next full hour', () => {
  const draft = emptyDraft(NOW + 5 * 60_000);
  expect(draft.startsAt?.toISOString()).toBe('2026-11-20T13:00:00.000Z');
  expect(draft.endsAt?.toISOString()).toBe('2026-11-20T14:00:00.000Z');
});

it('accepts a good draft and trims its text', () => {
  expect(validateDraft(good())).toEqual({});
  expect(toNewChange(good({ sites: ['east'] }))).toEqual({
    title: 'Swap a card',
    description: '',
    startsAt: '2026-11-20T13:00:00.000Z',
    endsAt: '2026-11-20T14:00:00.000Z',
    scope: { sites: ['east'], devices: ['core-1'] },
    notifyCritical: true,
  });
});

it.each<[string, Partial<ChangeDraft>, string[]]>([
  ['no title', { title: '  ' }, ['title']],
  ['a title that is too long', { title: 'x'.repeat(301) }, ['title']],
  ['emoji counted as one character', { title: '🛠'.repeat(300) }, []],
  ['a description that is too long', { description: 'x'.repeat(20_001) }, ['description']],
  ['no start', { startsAt: undefined }, ['startsAt']],
  ['not a time', { endsAt: dateTime(NaN) }, ['endsAt']],
  ['no length', { endsAt: dateTime('2026-11-20T13:00:00Z') }, ['endsAt']],
  ['no scope', { devices: [] }, ['scope']],
  ['a site as scope', { devices: [], sites: ['east'] }, []],
])('checks %s', (_, part, fields) => {
  expect(Object.keys(validateDraft(good(part)))).toEqual(fields);
});
