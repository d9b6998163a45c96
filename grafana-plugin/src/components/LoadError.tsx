import { Alert, Button } from '@grafana/ui';
import { errorText } from '../api/api';

interface Props {
  title: string;
  error: unknown;
  onRetry?: () => void;
}

/** What went wrong, in the backend's words, and a way to try again. */
export function LoadError({ title, error, onRetry }: Props) {
  return (
    <Alert severity="error" title={title}>
      <p>{errorText(error)}</p>
      {onRetry && (
        <Button size="sm" variant="secondary" onClick={onRetry}>
          Try again
        </Button>
      )}
    </Alert>
  );
}
