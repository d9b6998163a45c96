import { useParams } from 'react-router-dom';
import { useAsyncFn, useAsyncRetry } from 'react-use';
import { PluginPage } from '@grafana/runtime';
import { Alert, Button, LoadingPlaceholder, Stack, Text, TextLink } from '@grafana/ui';
import { useSession } from '../../api/context';
import type { Incident } from '../../api/types';
import { LoadError } from '../../components/LoadError';
import { Page, pageUrl } from '../../constants';
import { formatInterval, formatTime } from '../../services/format';
import { AlertTable } from './AlertTable';
import { ChangeLabel, SeverityBadge, StateBadge } from './badges';
import { CandidateList } from './CandidateList';

/** One incident: what happened, what probably caused it and why, and what could not be known. */
export default function IncidentPage() {
  const { id = '' } = useParams();
  const { api, canEdit } = useSession();
  const { value: incident, loading, error, retry } = useAsyncRetry(() => api.getIncident(id), [api, id]);
  const [acknowledged, acknowledge] = useAsyncFn(async () => {
    await api.acknowledge(id);
    retry();
  }, [api, id, retry]);

  return (
    <PluginPage
      pageNav={{ text: `Incident ${id}`, parentItem: { text: 'Incidents', url: pageUrl(Page.Incidents) } }}
      actions={
        canEdit &&
        incident?.state === 'open' &&
        !incident.acknowledged && (
          <Button onClick={acknowledge} disabled={acknowledged.loading} icon="check">
            Acknowledge
          </Button>
        )
      }
    >
      {loading && !incident && <LoadingPlaceholder text="Loading the incident…" />}
      {error && <LoadError title="The incident could not be loaded" error={error} onRetry={retry} />}
      {acknowledged.error && <LoadError title="The incident was not acknowledged" error={acknowledged.error} />}
      {incident && <IncidentView incident={incident} />}
    </PluginPage>
  );
}

function IncidentView({ incident }: { incident: Incident }) {
  return (
    <Stack direction="column" gap={3}>
      <Stack direction="column" gap={1}>
        <Stack direction="row" gap={1} alignItems="center" wrap="wrap">
          <StateBadge state={incident.state} />
          <SeverityBadge severity={incident.severity} />
          <ChangeLabel label={incident.label} />
        </Stack>
        <Text variant="h4" element="p">
          {incident.explanation || 'Nothing is known yet of why this happened.'}
        </Text>
        <Facts incident={incident} />
      </Stack>
      {incident.unknowns.length > 0 && (
        <Alert severity="info" title="What could not be known">
          <ul>
            {incident.unknowns.map((unknown) => (
              <li key={unknown}>{unknown}</li>
            ))}
          </ul>
        </Alert>
      )}
      <section aria-label="Candidates">
        <Text element="h3">What may have caused it</Text>
        <CandidateList candidates={incident.candidates} />
      </section>
      <section aria-label="Alerts">
        <Text element="h3">Alerts</Text>
        <AlertTable alerts={incident.alerts} total={incident.alertCount} />
      </section>
    </Stack>
  );
}

function Facts({ incident }: { incident: Incident }) {
  const { acknowledged } = incident;
  return (
    <Text color="secondary">
      Began {formatInterval(incident.onsetNotBefore, incident.onsetNotAfter)}, opened {formatTime(incident.openedAt)}
      {incident.closedAt ? `, closed ${formatTime(incident.closedAt)}` : ''}
      {incident.reopened > 0 ? `, opened again ${incident.reopened} times` : ''}
      {acknowledged ? `, acknowledged by ${acknowledged.by}` : ''}
      {incident.duringChangeId && (
        <>
          , during{' '}
          <TextLink inline href={pageUrl(Page.Changes, `?id=${encodeURIComponent(incident.duringChangeId)}`)}>
            planned change {incident.duringChangeId}
          </TextLink>
        </>
      )}
    </Text>
  );
}
