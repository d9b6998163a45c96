import { useState, type SyntheticEvent } from 'react';
import { Button, Checkbox, DateTimePicker, Field, Input, MultiCombobox, Stack, TextArea } from '@grafana/ui';
import { LoadError } from '../../components/LoadError';
import { useInventoryOptions } from '../../components/useInventoryOptions';
import type { DeviceStatus } from '../../api/types';
import { emptyDraft, validateDraft, type ChangeDraft } from '../../services/changeForm';

interface Props {
  inventory: DeviceStatus[];
  onSubmit: (draft: ChangeDraft) => void;
  onCancel: () => void;
  sending: boolean;
  error?: Error;
}

/** The form of a new change. What is wrong is said at the field once the user tried to send it. */
export function ChangeForm({ inventory, onSubmit, onCancel, sending, error }: Props) {
  const [draft, setDraft] = useState(() => emptyDraft(Date.now()));
  const [tried, setTried] = useState(false);
  const { sites, devices } = useInventoryOptions(inventory);
  const errors = tried ? validateDraft(draft) : {};
  const set = (part: Partial<ChangeDraft>) => setDraft((before) => ({ ...before, ...part }));

  const submit = (event: SyntheticEvent) => {
    event.preventDefault();
    setTried(true);
    if (Object.keys(validateDraft(draft)).length === 0) {
      onSubmit(draft);
    }
  };

  return (
    <form onSubmit={submit} noValidate aria-label="Plan a change">
      <Field label="Title" required invalid={Boolean(errors.title)} error={errors.title}>
        <Input
          id="change-title"
          value={draft.title}
          placeholder="Replace the optics of core-2"
          onChange={({ currentTarget }) => set({ title: currentTarget.value })}
        />
      </Field>
      <Field label="Description" invalid={Boolean(errors.description)} error={errors.description}>
        <TextArea
          id="change-description"
          rows={4}
          value={draft.description}
          placeholder="What will be done, how it is undone, who is on site"
          onChange={({ currentTarget }) => set({ description: currentTarget.value })}
        />
      </Field>
      <Stack direction="row" gap={2} wrap="wrap">
        <Field label="Starts" required invalid={Boolean(errors.startsAt)} error={errors.startsAt}>
          <DateTimePicker date={draft.startsAt} onChange={(startsAt) => set({ startsAt })} showSeconds={false} />
        </Field>
        <Field label="Ends" required invalid={Boolean(errors.endsAt)} error={errors.endsAt}>
          <DateTimePicker date={draft.endsAt} onChange={(endsAt) => set({ endsAt })} showSeconds={false} />
        </Field>
      </Stack>
      <Field label="Sites" description="All devices of a site" invalid={Boolean(errors.scope)} error={errors.scope}>
        <MultiCombobox
          id="change-sites"
          options={sites}
          value={draft.sites}
          onChange={(chosen) => set({ sites: chosen.map(({ value }) => value) })}
          placeholder="Choose sites"
        />
      </Field>
      <Field label="Devices" invalid={Boolean(errors.scope)}>
        <MultiCombobox
          id="change-devices"
          options={devices}
          value={draft.devices}
          onChange={(chosen) => set({ devices: chosen.map(({ value }) => value) })}
          placeholder="Choose devices"
        />
      </Field>
      <Field>
        <Checkbox
          id="change-notify-critical"
          label="Critical alerts notify in spite of the change"
          value={draft.notifyCritical}
          onChange={({ currentTarget }) => set({ notifyCritical: currentTarget.checked })}
        />
      </Field>
      {error && <LoadError title="The change was not planned" error={error} />}
      <Stack direction="row" gap={1}>
        <Button type="submit" disabled={sending} icon={sending ? 'spinner' : undefined}>
          Plan the change
        </Button>
        <Button type="button" variant="secondary" onClick={onCancel}>
          Close
        </Button>
      </Stack>
    </form>
  );
}
