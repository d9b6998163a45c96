import { useState } from 'react';
import { useAsyncFn } from 'react-use';
import { Button, ConfirmModal, Stack, Text, type ButtonVariant, type IconName } from '@grafana/ui';
import { errorText, type ChangeStep } from '../../api/api';
import { useSession } from '../../api/context';
import type { Change } from '../../api/types';
import { nextSteps } from '../../services/changes';

interface Props {
  change: Change;
  onChanged: () => void;
}

interface StepLook {
  label: string;
  icon: IconName;
  variant: ButtonVariant;
}

const STEP_LOOK: Record<ChangeStep, StepLook> = {
  start: { label: 'Start', icon: 'play', variant: 'secondary' },
  complete: { label: 'Complete', icon: 'check', variant: 'secondary' },
  cancel: { label: 'Cancel', icon: 'ban', variant: 'destructive' },
};

/** The steps that a change may take next. Cancelling asks first, as there is no way back. */
export function ChangeActions({ change, onChanged }: Props) {
  const { api } = useSession();
  const [confirming, setConfirming] = useState(false);
  const [taken, take] = useAsyncFn(
    async (step: ChangeStep) => {
      await api.stepChange(change.id, step);
      onChanged();
    },
    [api, change.id, onChanged]
  );

  return (
    <Stack direction="column" gap={0.5}>
      <Stack direction="row" gap={1} justifyContent="flex-end">
        {nextSteps(change.status).map((step) => (
          <Button
            key={step}
            size="sm"
            fill={step === 'cancel' ? 'text' : 'solid'}
            variant={STEP_LOOK[step].variant}
            icon={STEP_LOOK[step].icon}
            disabled={taken.loading}
            aria-label={`${STEP_LOOK[step].label} ${change.title}`}
            onClick={() => (step === 'cancel' ? setConfirming(true) : take(step))}
          >
            {STEP_LOOK[step].label}
          </Button>
        ))}
      </Stack>
      {taken.error && (
        <Text color="error" variant="bodySmall">
          {errorText(taken.error)}
        </Text>
      )}
      <ConfirmModal
        isOpen={confirming}
        title="Cancel this change?"
        body={`“${change.title}” will be withdrawn. This cannot be undone.`}
        confirmText="Cancel the change"
        dismissText="Keep it"
        onConfirm={() => {
          setConfirming(false);
          take('cancel');
        }}
        onDismiss={() => setConfirming(false)}
      />
    </Stack>
  );
}
