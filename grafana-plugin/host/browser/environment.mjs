// Starts what the browser test needs: the stand-in of the correlator, the plugin host with the built
// plugin, and Chromium. Everything is on loopback and is stopped again.
import { spawn } from 'node:child_process';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import os from 'node:os';
import path from 'node:path';
import readline from 'node:readline';
import { fileURLToPath } from 'node:url';
import { chromium } from 'playwright-core';

const pluginDir = path.join(path.dirname(fileURLToPath(import.meta.url)), '..', '..');
const projectDir = path.join(pluginDir, '..');

export const screenshotDir = path.join(pluginDir, 'host', 'screenshots');

const CHROMIUM = process.env.CHROMIUM ?? '/usr/bin/chromium';
const CHROMIUM_FLAGS = [
  '--headless',
  '--no-sandbox',
  '--disable-gpu',
  '--disable-quic',
  '--no-first-run',
  '--disable-background-networking',
  '--disable-component-update',
  '--disable-sync',
];

/** The token of an operator at the stand-in (pkg/correlatortest). */
const OPERATOR_TOKEN = 'operator-token-of-the-tests';

/** Starts all of it; stop() ends it in the reverse order, however far the start came. */
export async function startEnvironment() {
  const cleanups = [];
  const stop = async () => {
    for (const cleanup of cleanups.splice(0).reverse()) {
      await cleanup();
    }
  };
  try {
    const dir = await mkdtemp(path.join(os.tmpdir(), 'pluginhost-'));
    cleanups.push(() => rm(dir, { recursive: true, force: true }));

    const bin = (name) => path.join(dir, name);
    await run('go', [
      'build',
      '-o',
      dir + path.sep,
      './grafana-plugin/host/cmd/pluginhost',
      './grafana-plugin/pkg/correlatortest/cmd/correlatortest',
    ]);
    await writeFile(path.join(dir, 'token'), OPERATOR_TOKEN, { mode: 0o600 });

    const correlator = await startServer(bin('correlatortest'), []);
    cleanups.push(correlator.stop);
    const host = await startServer(bin('pluginhost'), [
      '--listen=127.0.0.1:0',
      `--correlator-url=${correlator.url}`,
      `--token-file=${path.join(dir, 'token')}`,
      `--plugin-dir=${pluginDir}`,
    ]);
    cleanups.push(host.stop);

    const browser = await chromium.launch({ executablePath: CHROMIUM, args: CHROMIUM_FLAGS });
    cleanups.push(() => browser.close());

    return { contextFor: contexts(browser, host.url), stop };
  } catch (error) {
    await stop();
    throw error;
  }
}

/**
 * One context a role, kept, so that the page's scripts are read and compiled once. The time zone is fixed:
 * what is shown is the same everywhere.
 */
function contexts(browser, baseURL) {
  const byRole = new Map();
  return async (role) => {
    if (!byRole.has(role)) {
      const context = await browser.newContext({
        baseURL,
        viewport: { width: 1500, height: 900 },
        timezoneId: 'Europe/Berlin',
        locale: 'en-GB',
      });
      await context.addInitScript((chosen) => sessionStorage.setItem('pluginhost.role', chosen), role);
      byRole.set(role, context);
    }
    return byRole.get(role);
  };
}

function run(command, args) {
  return new Promise((resolve, reject) => {
    const child = spawn(command, args, { cwd: projectDir, stdio: ['ignore', 'inherit', 'inherit'] });
    child.once('error', reject);
    child.once('exit', (code) => (code === 0 ? resolve() : reject(new Error(`${command} ended with ${code}`))));
  });
}

/** Starts a program that prints its address, and answers when it has. */
async function startServer(executable, args) {
  const child = spawn(executable, args, { stdio: ['ignore', 'pipe', 'inherit'] });
  const ended = new Promise((resolve) => child.once('exit', resolve));
  const url = await new Promise((resolve, reject) => {
    readline.createInterface({ input: child.stdout }).on('line', (line) => {
      const found = /http:\/\/\S+/.exec(line);
      if (found) {
        resolve(found[0]);
      }
    });
    ended.then((code) =>
      reject(new Error(`${path.basename(executable)} ended with ${code} before it said where it listens`))
    );
  });
  return {
    url,
    stop: async () => {
      child.kill('SIGTERM');
      await ended;
    },
  };
}
