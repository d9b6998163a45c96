import { useState } from 'react';
import { useAsyncFn } from 'react-use';
import { Drawer } from '@grafana/ui';
import { newIdempotencyKey } from '../../api/api';
import { useSession } from '../../api/context';
import type { Change, DeviceStatus } from '../../api/types';
import { toNewChange, type ChangeDraft } from '../../services/changeForm';
import { ChangeForm } from './ChangeForm';

interface Props {
  inventory: DeviceStatus[];
  onClose: () => void;
  onCreated: (change: Change) => void;
}

/** Planning a change, beside the list. */
export function ChangeDrawer({ inventory, onClose, onCreated }: Props) {
  const { api } = useSession();
  // One key for as long as the form is open: pressing the button again after a time-out plans no second change.
  const [key] = useState(newIdempotencyKey);
  const [sent, send] = useAsyncFn(
    async (draft: ChangeDraft) => onCreated(await api.createChange(toNewChange(draft), key)),
    [api, key, onCreated]
  );

  return (
    <Drawer title="Plan a change" size="md" onClose={onClose} closeOnMaskClick={false}>
      <ChangeForm inventory={inventory} onSubmit={send} onCancel={onClose} sending={sent.loading} error={sent.error} />
    </Drawer>
  );
}
