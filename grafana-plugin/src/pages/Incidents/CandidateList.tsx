import { css } from '@emotion/css';
import type { GrafanaTheme2 } from '@grafana/data';
import { Badge, Stack, Text, useStyles2 } from '@grafana/ui';
import type { Candidate } from '../../api/types';
import { formatPercent } from '../../services/format';
import { EvidenceTable } from './EvidenceTable';

/** The candidates, best first, each with its reasons. */
export function CandidateList({ candidates }: { candidates: Candidate[] }) {
  const styles = useStyles2(getStyles);
  if (candidates.length === 0) {
    return <Text color="secondary">No candidate explains these alerts.</Text>;
  }
  return (
    <ol className={styles.list}>
      {candidates.map((candidate) => (
        <li key={`${candidate.kind} ${candidate.name}`} className={styles.item}>
          <Stack direction="row" gap={1} alignItems="center" wrap="wrap">
            <Text weight="medium">{candidate.name}</Text>
            <Badge text={candidate.kind} color="darkgrey" />
            <Badge text={candidate.role} color={candidate.role === 'primary' ? 'red' : 'blue'} />
            <Text color="secondary">
              score {candidate.score.toFixed(1)}, confidence {formatPercent(candidate.confidence)}
            </Text>
          </Stack>
          {candidate.explains.length > 0 && (
            <Text color="secondary" variant="bodySmall" element="p">
              explains {candidate.explains.join(', ')}
            </Text>
          )}
          {candidate.evidence.length > 0 && <EvidenceTable evidence={candidate.evidence} />}
        </li>
      ))}
    </ol>
  );
}

const getStyles = (theme: GrafanaTheme2) => ({
  list: css({ listStyle: 'none', margin: 0 }),
  item: css({
    background: theme.colors.background.secondary,
    borderRadius: theme.shape.radius.default,
    marginTop: theme.spacing(1),
    padding: theme.spacing(2),
  }),
});
