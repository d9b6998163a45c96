import assert from 'node:assert/strict';
import path from 'node:path';
import { screenshotDir } from './environment.mjs';

/**
 * Runs body on a fresh page that acts in a role, and fails when the page wrote an error to its console.
 * The time zone is fixed, so that what is shown is the same everywhere.
 */
export async function onPage({ browser, url }, { role = 'Editor', allowErrors = false }, body) {
  const context = await browser.newContext({
    baseURL: url,
    viewport: { width: 1500, height: 900 },
    timezoneId: 'Europe/Berlin',
    locale: 'en-GB',
  });
  try {
    await context.addInitScript((chosen) => sessionStorage.setItem('pluginhost.role', chosen), role);
    const page = await context.newPage();
    page.setDefaultTimeout(15_000);
    const errors = [];
    page.on('pageerror', (error) => errors.push(String(error)));
    page.on('console', (message) => message.type() === 'error' && errors.push(message.text()));
    await body(page);
    if (!allowErrors) {
      assert.deepEqual(errors, [], 'the page wrote errors to its console');
    }
  } finally {
    await context.close();
  }
}

export function screenshot(page, name) {
  return page.screenshot({ path: path.join(screenshotDir, `${name}.png`) });
}
