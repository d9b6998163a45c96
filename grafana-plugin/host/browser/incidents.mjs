import assert from 'node:assert/strict';
import { onPage, screenshot } from './page.mjs';

/** The incidents: the list, and one with its reasons. */
export async function incidents(t, environment) {
  await t.test('an incident shows its cause, every term of the evidence, and what is unknown', () =>
    onPage(environment, {}, async (page) => {
      await page.goto('/a/ispvisualmonitor-app/incidents');
      await page.getByText('Possible change-related outage').waitFor();
      assert.equal(await page.locator('tbody tr').count(), 2);
      await screenshot(page, 'incidents');

      await page.getByRole('link', { name: /interfaces of edge-1 were changed/ }).click();
      await page.getByRole('region', { name: 'Candidates' }).waitFor();
      const evidence = await page.getByRole('table', { name: 'Evidence' }).first().innerText();
      for (const shown of ['ether1 disabled', '+7.6', 'precedence 1', 'time decay 0.95', 'topology proximity 1']) {
        assert.ok(evidence.includes(shown), `${shown} is missing in: ${evidence}`);
      }
      await page.getByText('agg-north was not observed since 06:00.').waitFor();
      assert.equal(await page.getByRole('region', { name: 'Alerts' }).locator('tbody tr').count(), 2);
      await screenshot(page, 'incident', { fit: true });

      await page.getByRole('button', { name: 'Acknowledge' }).click();
      await page.getByText('acknowledged by lab-Editor').waitFor();
    })
  );

  await t.test('an incident that does not exist is said to be so', () =>
    onPage(environment, { allowErrors: true }, async (page) => {
      await page.goto('/a/ispvisualmonitor-app/incidents/none');
      await page.getByText('there is no incident "none"').waitFor();
      await screenshot(page, 'incident-missing');
    })
  );
}
