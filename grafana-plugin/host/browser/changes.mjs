import assert from 'node:assert/strict';
import { onPage, screenshot } from './page.mjs';

const CHANGES = '/a/ispvisualmonitor-app/changes';

/** The change calendar: what is shown, planning, the life of a change, and what viewers may not do. */
export async function changes(t, environment) {
  await t.test('the list shows planned work, newest first', () =>
    onPage(environment, {}, async (page) => {
      await page.goto(CHANGES);
      await page.getByText('RouterOS upgrade, site south').waitFor();
      const rows = await page.locator('tbody tr').allInnerTexts();
      assert.equal(rows.length, 5);
      assert.match(rows[0], /Planned.*Replace the optics of core-2/s);
      assert.match(rows[1], /Planned.*Tighten the management firewall.*not started, 2\dm.* late/s);
      assert.match(rows[2], /In progress.*RouterOS upgrade, site south/s);
      assert.match(rows[3], /Completed.*Move <b>customer & co<\/b> to a new VLAN.*ended 35m late/s);
      assert.match(rows[4], /Canceled.*New upstream on edge-2/s);
      await screenshot(page, 'change-calendar', { fit: true });
    })
  );

  await t.test('the list is filtered by status and device, in the address', () =>
    onPage(environment, {}, async (page) => {
      await page.goto(`${CHANGES}?status=completed&status=canceled&device=edge-2`);
      await page.getByText('New upstream on edge-2').waitFor();
      assert.equal(await page.locator('tbody tr').count(), 1);
    })
  );

  await t.test('a change is planned through the form, started and completed', () =>
    onPage(environment, {}, async (page) => {
      await page.goto(CHANGES);
      await page.getByRole('button', { name: 'Plan a change' }).click();
      const form = page.getByRole('form', { name: 'Plan a change' });
      await form.getByRole('button', { name: 'Plan the change' }).click();
      await form.getByText('Say in a few words what will be done.').waitFor();
      await form.getByText('Choose at least one site or device').waitFor();
      await screenshot(page, 'change-form-invalid');

      await form.getByLabel('Title').fill('Renumber the uplink of edge-1');
      await form.getByLabel('Description').fill('New /31 towards upstream-a.');
      await form.getByRole('combobox', { name: 'Devices', exact: true }).click();
      await page.getByRole('option', { name: /edge-1/ }).click();
      await page.keyboard.press('Escape');
      await screenshot(page, 'change-form');
      await form.getByRole('button', { name: 'Plan the change' }).click();

      const row = page.locator('tbody tr', { hasText: 'Renumber the uplink of edge-1' });
      await row.waitFor();
      assert.match(await row.innerText(), /Planned.*edge-1.*lab-Editor/s);
      await row.getByRole('button', { name: /^Start/ }).click();
      await row.getByText('In progress').waitFor();
      await row.getByRole('button', { name: /^Complete/ }).click();
      await row.getByText('Completed').waitFor();
      assert.equal(await row.getByRole('button', { name: /^(Start|Complete|Cancel)/ }).count(), 0);
      await screenshot(page, 'change-completed');
    })
  );

  await t.test('cancelling asks first', () =>
    onPage(environment, {}, async (page) => {
      await page.goto(CHANGES);
      const row = page.locator('tbody tr', { hasText: 'Replace the optics of core-2' });
      await row.getByRole('button', { name: /^Cancel/ }).click();
      await page.getByRole('dialog').getByText('This cannot be undone').waitFor();
      await screenshot(page, 'change-cancel');
      await page.getByRole('dialog').getByRole('button', { name: 'Cancel the change' }).click();
      await row.getByText('Canceled').waitFor();
    })
  );

  await t.test('viewers see the list and no buttons; the backend refuses them as well', () =>
    onPage(environment, { role: 'Viewer', allowErrors: true }, async (page) => {
      await page.goto(CHANGES);
      await page.getByText('RouterOS upgrade, site south').waitFor();
      assert.equal(await page.getByRole('button', { name: 'Plan a change' }).count(), 0);
      assert.equal(await page.getByRole('button', { name: /^(Start|Complete|Cancel) / }).count(), 0);
      await screenshot(page, 'change-calendar-viewer');
      const refused = await page.evaluate(async () => {
        const response = await fetch('/api/datasources/uid/ispvisualmonitor/resources/changes/CHG-2/complete', {
          method: 'POST',
          headers: { 'X-Pluginhost-Role': 'Viewer', 'Content-Type': 'application/json' },
          body: '{}',
        });
        return { status: response.status, body: await response.json() };
      });
      assert.equal(refused.status, 403);
      assert.match(refused.body.message, /may look and not change/);
    })
  );
}
