// The browser test: the built plugin in Chromium, over the built executable, against the stand-in of the
// correlator. Needs npm run build, npm run build:host and the executable in dist/datasource.
import { mkdir } from 'node:fs/promises';
import test from 'node:test';
import { screenshotDir, startEnvironment } from './environment.mjs';
import { annotations } from './annotations.mjs';
import { changes } from './changes.mjs';
import { editors } from './editors.mjs';
import { incidents } from './incidents.mjs';

await mkdir(screenshotDir, { recursive: true });

test('the plugin in a browser', async (t) => {
  const environment = await startEnvironment();
  try {
    for (const [name, scenario] of Object.entries({ changes, incidents, annotations, editors })) {
      await scenario(t, environment, name);
    }
  } finally {
    await environment.stop();
  }
});
