import { Badge } from '@grafana/ui';
import type { ChangeStatus } from '../../api/types';
import { STATUS_LOOK } from '../../services/changes';

/** The status of a change, by word, colour and icon. */
export function StatusBadge({ status }: { status: ChangeStatus }) {
  const look = STATUS_LOOK[status];
  return <Badge text={look.label} color={look.color} icon={look.icon} />;
}
