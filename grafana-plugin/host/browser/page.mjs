import assert from 'node:assert/strict';
import path from 'node:path';
import { screenshotDir } from './environment.mjs';

/** What @grafana/ui asks for and its package does not bring: a Grafana has it. */
const UNPUBLISHED = ['/public/fonts/', '/icons/unicons/spinner.svg'];

/** Generous: a test machine may be busy with everything else. */
const TIMEOUT_MS = 60_000;

/** Runs body on a fresh page that acts in a role, and fails when the page wrote an error to its console. */
export async function onPage({ contextFor }, { role = 'Editor', allowErrors = false }, body) {
  const context = await contextFor(role);
  const page = await context.newPage();
  page.setDefaultTimeout(TIMEOUT_MS);
  const errors = [];
  page.on('pageerror', (error) => errors.push(String(error)));
  page.on('console', (message) => {
    const unpublished = UNPUBLISHED.some((part) => message.location().url.includes(part));
    if (message.type() === 'error' && !unpublished) {
      errors.push(`${message.text()} ${message.location().url}`);
    }
  });
  try {
    await body(page);
  } catch (error) {
    await screenshot(page, 'failure');
    throw error;
  } finally {
    await page.close();
  }
  if (!allowErrors) {
    assert.deepEqual(errors, [], 'the page wrote errors to its console');
  }
}

/** Writes a screenshot; with fit it ends where the page ends. */
export async function screenshot(page, name, { fit = false } = {}) {
  const file = path.join(screenshotDir, `${name}.png`);
  if (!fit) {
    await page.screenshot({ path: file });
    return;
  }
  const { y, height } = await page.locator('main').boundingBox();
  await page.screenshot({
    path: file,
    fullPage: true,
    clip: { x: 0, y: 0, width: page.viewportSize().width, height: y + height + 16 },
  });
}
