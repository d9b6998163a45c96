import { css } from '@emotion/css';
import type { GrafanaTheme2 } from '@grafana/data';
import { useStyles2 } from '@grafana/ui';
import type { Change } from '../../api/types';

/** What the list has no room for. */
export function ChangeDetails({ change }: { change: Change }) {
  const styles = useStyles2(getStyles);
  const facts: Array<[string, string]> = [
    ['Description', change.description],
    ['Sites', (change.scope?.sites ?? []).join(', ')],
    ['Devices', change.devices.join(', ')],
    ['Owner', change.owner],
    ['Critical alerts', change.notifyCritical ? 'notify in spite of the change' : 'do not notify'],
    ['Id', change.id],
  ];
  return (
    <dl className={styles.list}>
      {facts
        .filter(([, text]) => text)
        .map(([name, text]) => (
          <div key={name} className={styles.fact}>
            <dt className={styles.name}>{name}</dt>
            <dd className={styles.text}>{text}</dd>
          </div>
        ))}
    </dl>
  );
}

const getStyles = (theme: GrafanaTheme2) => ({
  list: css({ margin: theme.spacing(1, 2) }),
  fact: css({ display: 'flex', gap: theme.spacing(2) }),
  name: css({ color: theme.colors.text.secondary, flex: `0 0 ${theme.spacing(14)}`, fontWeight: 'normal' }),
  text: css({ margin: 0, whiteSpace: 'pre-wrap', overflowWrap: 'anywhere' }),
});
