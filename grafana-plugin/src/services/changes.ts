import type { BadgeColor, IconName } from '@grafana/ui';
import type { ChangeStep } from '../api/api';
import type { Change, ChangeStatus } from '../api/types';
import { formatDuration } from './format';

export const CHANGE_STATUSES: ChangeStatus[] = ['planned', 'in_progress', 'completed', 'canceled'];

interface StatusLook {
  label: string;
  color: BadgeColor;
  icon: IconName;
}

export const STATUS_LOOK: Record<ChangeStatus, StatusLook> = {
  planned: { label: 'Planned', color: 'blue', icon: 'calendar-alt' },
  in_progress: { label: 'In progress', color: 'orange', icon: 'play' },
  completed: { label: 'Completed', color: 'green', icon: 'check' },
  canceled: { label: 'Canceled', color: 'darkgrey', icon: 'ban' },
};

/** What may be done next with a change of this status. */
export function nextSteps(status: ChangeStatus): ChangeStep[] {
  switch (status) {
    case 'planned':
      return ['start', 'cancel'];
    case 'in_progress':
      return ['complete', 'cancel'];
    default:
      return [];
  }
}

/** How reality differs from the plan, in words; nothing where it does not or is not known yet. */
export function deviation(change: Change, now: number): string | undefined {
  const planned = { from: Date.parse(change.startsAt), to: Date.parse(change.endsAt) };
  if (change.status === 'planned' && now > planned.from) {
    return `not started, ${formatDuration(now - planned.from)} late`;
  }
  if (change.status === 'in_progress' && now > planned.to) {
    return `overrun by ${formatDuration(now - planned.to)}`;
  }
  if (change.status === 'completed' && change.finishedAt) {
    const late = Date.parse(change.finishedAt) - planned.to;
    return late > 0 ? `ended ${formatDuration(late)} late` : undefined;
  }
  return undefined;
}

/** Whether the deviation needs somebody now. */
export function isOverdue(change: Change, now: number): boolean {
  return (
    (change.status === 'planned' && now > Date.parse(change.startsAt)) ||
    (change.status === 'in_progress' && now > Date.parse(change.endsAt))
  );
}
