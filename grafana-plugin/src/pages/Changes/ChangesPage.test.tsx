import { screen, waitFor, within } from '@testing-library/react';
import userEvent from '@testing-library/user-event';
import type { FetchError } from '@grafana/runtime';
import type { Change, NewChange } from '../../api/types';
import { change, renderPage } from '../../test/fixtures';
import ChangesPage from './ChangesPage';

jest.mock('@grafana/runtime', () => ({
  ...jest.requireActual('@grafana/runtime'),
  PluginPage: jest.requireActual('../../test/PluginPage').PluginPage,
}));

const page = (changes: Change[], nextPageToken = '') => ({ changes, nextPageToken });

const refusal = (message: string): FetchError => ({ status: 400, data: { message }, config: { url: '' } });

it('lists the changes of every page of the answer', async () => {
  const listChanges = jest
    .fn()
    .mockResolvedValueOnce(page([change()], 'more'))
    .mockResolvedValueOnce(page([change({ id: 'CHG-2', title: 'Second', status: 'completed' })]));
  renderPage(<ChangesPage />, { listChanges }, { at: '/?status=planned&site=east' });

  expect(await screen.findByText('Second')).toBeInTheDocument();
  expect(screen.getByText('Replace the optics')).toBeInTheDocument();
  expect(screen.getByText('Completed')).toBeInTheDocument();
  expect(listChanges).toHaveBeenNthCalledWith(
    1,
    expect.objectContaining({ statuses: ['planned'], sites: ['east'], devices: [] }),
    undefined
  );
  expect(listChanges).toHaveBeenNthCalledWith(2, expect.anything(), 'more');
});

it('opens the form, and shows what was planned', async () => {
  const user = userEvent.setup({ delay: null });
  const stored: Change[] = [];
  const createChange = jest.fn(async ({ title }: NewChange) => {
    const made = change({ title });
    stored.push(made);
    return made;
  });
  renderPage(<ChangesPage />, { listChanges: async () => page([...stored]), createChange });

  await screen.findByText('No changes in this range');
  await user.click(screen.getAllByText('Plan a change')[0]);
  await user.type(await screen.findByLabelText(/^Title/), 'Swap a card');
  await user.click(screen.getByLabelText('Devices'));
  await user.click(await screen.findByText('edge-1'));
  await user.click(screen.getByText('Plan the change'));

  expect(await screen.findByText('Swap a card')).toBeInTheDocument();
  expect(screen.queryByLabelText(/^Title/)).not.toBeInTheDocument();
});

it('starts a change and asks before it cancels one', async () => {
  const user = userEvent.setup({ delay: null });
  const stepChange = jest.fn().mockResolvedValue(change());
  renderPage(<ChangesPage />, { listChanges: async () => page([change()]), stepChange });

  await user.click(await screen.findByLabelText('Start Replace the optics'));
  await waitFor(() => expect(stepChange).toHaveBeenCalledWith('CHG-1', 'start'));

  await user.click(await screen.findByLabelText('Cancel Replace the optics'));
  expect(stepChange).toHaveBeenCalledTimes(1);
  await user.click(await screen.findByText('Cancel the change'));
  await waitFor(() => expect(stepChange).toHaveBeenLastCalledWith('CHG-1', 'cancel'));
});

it('shows viewers no way to change anything', async () => {
  renderPage(<ChangesPage />, { listChanges: async () => page([change()]) }, { canEdit: false });
  expect(await screen.findByText('Replace the optics')).toBeInTheDocument();
  expect(screen.queryByText(/Plan a change|^Start$|^Cancel$/)).not.toBeInTheDocument();
});

it('says what went wrong and asks again', async () => {
  const user = userEvent.setup({ delay: null });
  const listChanges = jest
    .fn()
    .mockRejectedValueOnce(refusal('The correlator refuses the token'))
    .mockResolvedValue(page([change()]));
  renderPage(<ChangesPage />, { listChanges });

  expect(await screen.findByText('The correlator refuses the token')).toBeInTheDocument();
  await user.click(screen.getByText('Try again'));
  expect(await screen.findByText('Replace the optics')).toBeInTheDocument();
});

it('shows the change that an annotation links to, whatever the range', async () => {
  const getChange = jest.fn().mockResolvedValue(change({ id: 'CHG-7', title: 'Long ago', description: 'As agreed.' }));
  renderPage(<ChangesPage />, { listChanges: async () => page([]), getChange }, { at: '/?id=CHG-7' });
  const linked = await screen.findByRole('region', { name: 'Change CHG-7' });
  expect(within(linked).getByText('Long ago')).toBeInTheDocument();
  expect(within(linked).getByText('As agreed.')).toBeInTheDocument();
});
