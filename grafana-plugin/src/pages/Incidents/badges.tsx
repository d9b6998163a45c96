import { Badge, type BadgeColor } from '@grafana/ui';
import type { Incident } from '../../api/types';

const SEVERITY_COLOR: Record<string, BadgeColor> = { critical: 'red', warning: 'orange', info: 'blue' };

/** The worst severity of an incident's alerts. */
export function SeverityBadge({ severity }: { severity: string }) {
  return <Badge text={severity || 'none'} color={SEVERITY_COLOR[severity] ?? 'darkgrey'} />;
}

/** Whether it is still going on. */
export function StateBadge({ state }: { state: Incident['state'] }) {
  return state === 'open' ? (
    <Badge text="Open" color="red" icon="fire" />
  ) : (
    <Badge text="Closed" color="green" icon="check" />
  );
}

/** The label that says that a change is suspected; nothing where none is. */
export function ChangeLabel({ label }: { label: string }) {
  return label ? <Badge text={label} color="purple" icon="history" /> : null;
}
