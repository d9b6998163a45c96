import { css } from '@emotion/css';
import type { GrafanaTheme2 } from '@grafana/data';
import { useStyles2 } from '@grafana/ui';
import type { Evidence } from '../../api/types';

/** Every reason with its weight and the terms that made it, so that the score can be computed again. */
export function EvidenceTable({ evidence }: { evidence: Evidence[] }) {
  const styles = useStyles2(getStyles);
  return (
    <table className={styles.table} aria-label="Evidence">
      <thead>
        <tr>
          <th scope="col">Evidence</th>
          <th scope="col">Weight</th>
          <th scope="col">Terms</th>
        </tr>
      </thead>
      <tbody>
        {evidence.map((item) => (
          <tr key={`${item.kind} ${item.configChangeId} ${item.text}`}>
            <td>{item.text || item.kind}</td>
            <td className={styles.number}>{signed(item.weight)}</td>
            <td className={styles.terms}>{formatTerms(item.terms)}</td>
          </tr>
        ))}
      </tbody>
    </table>
  );
}

function signed(weight: number): string {
  return `${weight < 0 ? '−' : '+'}${Math.abs(weight).toFixed(1)}`;
}

/** The factors by name, those of a product joined as one. */
function formatTerms(terms: Record<string, number>): string {
  return Object.entries(terms)
    .sort(([a], [b]) => a.localeCompare(b))
    .map(([name, value]) => `${name.replaceAll('_', ' ')} ${Number(value.toFixed(3))}`)
    .join(' · ');
}

const getStyles = (theme: GrafanaTheme2) => ({
  table: css({
    marginTop: theme.spacing(1),
    width: '100%',
    'th, td': {
      borderBottom: `1px solid ${theme.colors.border.weak}`,
      padding: theme.spacing(0.75, 1),
      textAlign: 'left',
      verticalAlign: 'top',
    },
    th: { color: theme.colors.text.secondary, fontWeight: theme.typography.fontWeightMedium },
  }),
  number: css({ fontVariantNumeric: 'tabular-nums', whiteSpace: 'nowrap' }),
  terms: css({ color: theme.colors.text.secondary, fontSize: theme.typography.bodySmall.fontSize }),
});
