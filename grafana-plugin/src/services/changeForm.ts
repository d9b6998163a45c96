import { dateTime, type DateTime } from '@grafana/data';
import type { NewChange } from '../api/types';

/** The limits of the API (api/v1/change.proto). */
const MAX_TITLE = 300;
const MAX_DESCRIPTION = 20_000;

/** What the form holds. */
export interface ChangeDraft {
  title: string;
  description: string;
  startsAt?: DateTime;
  endsAt?: DateTime;
  sites: string[];
  devices: string[];
  notifyCritical: boolean;
}

export type DraftErrors = Partial<Record<'title' | 'description' | 'startsAt' | 'endsAt' | 'scope', string>>;

/** A change of an hour that begins with the next full hour. */
export function emptyDraft(now: number): ChangeDraft {
  const startsAt = dateTime(now).startOf('hour').add(1, 'hour');
  return {
    title: '',
    description: '',
    startsAt,
    endsAt: dateTime(startsAt).add(1, 'hour'),
    sites: [],
    devices: [],
    notifyCritical: true,
  };
}

/** What is wrong with the draft, by field; empty when it can be sent. */
export function validateDraft(draft: ChangeDraft): DraftErrors {
  const errors: DraftErrors = {};
  const title = draft.title.trim();
  if (!title) {
    errors.title = 'Say in a few words what will be done.';
  } else if (Array.from(title).length > MAX_TITLE) {
    errors.title = `At most ${MAX_TITLE} characters; put the rest into the description.`;
  }
  if (Array.from(draft.description).length > MAX_DESCRIPTION) {
    errors.description = `At most ${MAX_DESCRIPTION.toLocaleString('en')} characters.`;
  }
  if (!draft.startsAt?.isValid()) {
    errors.startsAt = 'When does it start?';
  }
  if (!draft.endsAt?.isValid()) {
    errors.endsAt = 'When does it end?';
  } else if (draft.startsAt?.isValid() && !draft.startsAt.isBefore(draft.endsAt)) {
    errors.endsAt = 'It must end after it starts.';
  }
  if (draft.sites.length === 0 && draft.devices.length === 0) {
    errors.scope = 'Choose at least one site or device: a change without a scope covers nothing.';
  }
  return errors;
}

/** The message for a draft that validateDraft accepts. */
export function toNewChange(draft: ChangeDraft): NewChange {
  return {
    title: draft.title.trim(),
    description: draft.description.trim(),
    startsAt: draft.startsAt!.toISOString(),
    endsAt: draft.endsAt!.toISOString(),
    scope: { sites: draft.sites, devices: draft.devices },
    notifyCritical: draft.notifyCritical,
  };
}
