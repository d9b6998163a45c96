import { useAsyncRetry } from 'react-use';
import { LoadingPlaceholder, Stack, Text } from '@grafana/ui';
import { useSession } from '../../api/context';
import { LoadError } from '../../components/LoadError';
import { formatInterval } from '../../services/format';
import { ChangeActions } from './ChangeActions';
import { ChangeDetails } from './ChangeDetails';
import { StatusBadge } from './StatusBadge';

interface Props {
  id: string;
  onChanged: () => void;
}

/** The one change that an annotation or an incident links to, whatever the list below shows. */
export function LinkedChange({ id, onChanged }: Props) {
  const { api, canEdit } = useSession();
  const { value: change, error, retry } = useAsyncRetry(() => api.getChange(id), [api, id]);

  if (error) {
    return <LoadError title={`Change ${id} could not be loaded`} error={error} onRetry={retry} />;
  }
  if (!change) {
    return <LoadingPlaceholder text={`Loading change ${id}…`} />;
  }
  return (
    <section aria-label={`Change ${id}`}>
      <Stack direction="column" gap={1}>
        <Stack direction="row" alignItems="center" gap={2}>
          <Text element="h3">{change.title}</Text>
          <StatusBadge status={change.status} />
          <Text color="secondary">{formatInterval(change.startsAt, change.endsAt)}</Text>
          {canEdit && (
            <ChangeActions
              change={change}
              onChanged={() => {
                retry();
                onChanged();
              }}
            />
          )}
        </Stack>
        <ChangeDetails change={change} />
      </Stack>
    </section>
  );
}
