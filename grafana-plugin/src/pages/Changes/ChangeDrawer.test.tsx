import { screen, waitFor } from '@testing-library/react';
import userEvent from '@testing-library/user-event';
import type { FetchError } from '@grafana/runtime';
import { INVENTORY, change, renderPage } from '../../test/fixtures';
import { ChangeDrawer } from './ChangeDrawer';

const refusal: FetchError = { status: 400, data: { message: 'edge-1 has another change then' }, config: { url: '' } };

function renderDrawer(createChange: jest.Mock) {
  const onCreated = jest.fn();
  const onClose = jest.fn();
  renderPage(<ChangeDrawer inventory={INVENTORY} onClose={onClose} onCreated={onCreated} />, { createChange });
  return { onCreated, onClose, user: userEvent.setup({ delay: null }) };
}

it('says what is missing and sends nothing', async () => {
  const createChange = jest.fn();
  const { user } = renderDrawer(createChange);
  expect(screen.queryByText(/Say in a few words/)).not.toBeInTheDocument();
  await user.click(screen.getByText('Plan the change'));
  expect(screen.getByText(/Say in a few words/)).toBeInTheDocument();
  expect(screen.getByText(/at least one site or device/)).toBeInTheDocument();
  expect(createChange).not.toHaveBeenCalled();
});

it('sends what was entered; after a refusal again with the same key', async () => {
  const createChange = jest.fn().mockRejectedValueOnce(refusal).mockResolvedValue(change());
  const { user, onCreated } = renderDrawer(createChange);

  await user.type(screen.getByLabelText(/^Title/), ' Swap a card ');
  await user.type(screen.getByLabelText('Description'), 'Slot 2.');
  await user.click(screen.getByLabelText(/^Sites/));
  await user.click(await screen.findByText('west'));
  await user.click(screen.getByLabelText('Devices'));
  await user.click(await screen.findByText('core-1'));
  await user.click(screen.getByLabelText('Critical alerts notify in spite of the change'));
  await user.click(screen.getByText('Plan the change'));

  expect(await screen.findByText('edge-1 has another change then')).toBeInTheDocument();
  expect(onCreated).not.toHaveBeenCalled();
  expect(createChange.mock.calls[0][0]).toMatchObject({
    title: 'Swap a card',
    description: 'Slot 2.',
    scope: { sites: ['west'], devices: ['core-1'] },
    notifyCritical: false,
  });
  expect(createChange.mock.calls[0][1]).toMatch(/^[0-9a-f]{32}$/);

  await user.click(screen.getByText('Plan the change'));
  await waitFor(() => expect(onCreated).toHaveBeenCalledTimes(1));
  expect(createChange.mock.calls[1]).toEqual(createChange.mock.calls[0]);
});

it('closes without sending', async () => {
  const createChange = jest.fn();
  const { user, onClose } = renderDrawer(createChange);
  await user.click(screen.getByText('Close'));
  expect(onClose).toHaveBeenCalled();
  expect(createChange).not.toHaveBeenCalled();
});
