import assert from 'node:assert/strict';
import { onPage, screenshot } from './page.mjs';

/** Query editor, configuration editor with its health check, and the app's configuration page. */
export async function editors(t, environment) {
  await t.test('the query editor asks for tables and counts', () =>
    onPage(environment, {}, async (page) => {
      await page.goto('/explore');
      const answer = page.getByRole('region', { name: 'Answer' });
      await answer.getByText('0f3a55c19e21').waitFor();
      await screenshot(page, 'explore');
      await page.getByRole('radio', { name: 'Count' }).click({ force: true });
      await answer.locator('th', { hasText: 'config_changes' }).waitFor();
      assert.equal(await answer.locator('tbody td').innerText(), '2');
    })
  );

  await t.test('the configuration editor hides the token and the health check speaks', () =>
    onPage(environment, {}, async (page) => {
      await page.goto('/connections/datasources/edit/ispvisualmonitor');
      await page.getByText(/answers as tenant example-isp, role operator: 7 devices, 1 open incidents/).waitFor();
      assert.equal(await page.getByRole('textbox', { name: /^Token/ }).isDisabled(), true);
      await screenshot(page, 'data-source');
    })
  );

  await t.test('the app configuration links the data source', () =>
    onPage(environment, {}, async (page) => {
      await page.goto('/plugins/ispvisualmonitor-app');
      await page
        .getByRole('list', { name: 'Data sources' })
        .getByRole('link', { name: 'ISP Visual Monitor' })
        .waitFor();
      await screenshot(page, 'app-configuration');
    })
  );
}
