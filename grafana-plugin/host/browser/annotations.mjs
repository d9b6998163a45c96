import assert from 'node:assert/strict';
import { onPage, screenshot } from './page.mjs';

/** What scenes' annotation layers, the ones of dashboards, make of the answers. */
export async function annotations(t, environment) {
  await t.test('each layer delivers its frame: region, title, text with a link, tags', () =>
    onPage(environment, {}, async (page) => {
      await page.goto('/annotations');
      const layer = (name) => page.getByRole('region', { name: `Layer ${name}` });
      const columns = async (name) => {
        await layer(name).locator('tbody tr').first().waitFor();
        return layer(name).locator('th').allInnerTexts();
      };

      const names = await columns('Config changes');
      for (const name of ['time', 'timeEnd', 'id', 'title', 'text', 'tags', 'isRegion']) {
        assert.ok(names.includes(name), `the layer has no ${name}: ${names}`);
      }
      const row = layer('Config changes').locator('tbody tr', { hasText: 'edge-1' });
      assert.match(await row.innerText(), /Configuration of edge-1 changed: interfaces/);
      assert.match(await row.innerText(), /\["config_change","interfaces"\]/);

      // Device text is text: the markup in the title is shown and not obeyed.
      await columns('Changes');
      const escaped = layer('Changes').locator('td', { hasText: 'Move <b>customer & co</b> to a new VLAN' }).first();
      assert.equal(await escaped.locator('b').count(), 0);

      await columns('Incidents');
      const link = layer('Incidents').getByRole('link', { name: 'Open the incident' }).last();
      assert.match(await link.getAttribute('href'), /^\/a\/ispvisualmonitor-app\/incidents\/inc-[12]$/);
      await screenshot(page, 'annotations');
    })
  );
}
