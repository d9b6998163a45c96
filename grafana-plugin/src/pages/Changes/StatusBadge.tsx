import { css } from '@emotion/css';
import { Badge } from '@grafana/ui';
import type { ChangeStatus } from '../../api/types';
import { STATUS_LOOK } from '../../services/changes';

const oneLine = css({ whiteSpace: 'nowrap' });

/** The status of a change, by word, colour and icon. */
export function StatusBadge({ status }: { status: ChangeStatus }) {
  const look = STATUS_LOOK[status];
  return <Badge className={oneLine} text={look.label} color={look.color} icon={look.icon} />;
}
