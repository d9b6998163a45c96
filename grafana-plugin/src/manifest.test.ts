import fs from 'node:fs';
import path from 'node:path';
import appManifest from './plugin.json';
import datasourceManifest from './datasource/plugin.json';

const manifests = [
  { dir: __dirname, manifest: appManifest, type: 'app' },
  { dir: path.join(__dirname, 'datasource'), manifest: datasourceManifest, type: 'datasource' },
];

// The rules of Grafana's plugin.schema.json and of its validator that concern these files.
describe.each(manifests)('$manifest.id', ({ dir, manifest, type }) => {
  it('has an id of the form org-name-type', () => {
    expect(manifest.type).toBe(type);
    expect(manifest.id).toMatch(new RegExp(`^[0-9a-z]+-([0-9a-z]+-)?${type}$`));
  });

  it('has what the catalogue needs', () => {
    expect(manifest.name).toBeTruthy();
    expect(manifest.info.author.name).toBeTruthy();
    expect(manifest.info.description).toBeTruthy();
    expect(manifest.info.keywords.length).toBeGreaterThan(0);
    expect(manifest.info.version).toBe('%VERSION%');
    expect(manifest.info.updated).toBe('%TODAY%');
    expect(manifest.dependencies.grafanaDependency).toBe('>=12.4.0-0');
  });

  it('names logos and modules that exist', () => {
    for (const logo of Object.values(manifest.info.logos)) {
      expect(fs.existsSync(path.join(dir, logo))).toBe(true);
    }
    expect(['module.ts', 'module.tsx'].some((name) => fs.existsSync(path.join(dir, name)))).toBe(true);
  });
});

it('gives only the data source a backend', () => {
  expect(datasourceManifest).toMatchObject({
    backend: true,
    executable: expect.stringMatching(/^gpx_/),
    annotations: true,
    alerting: true,
    metrics: true,
  });
  expect(appManifest).not.toHaveProperty('backend');
});

it('includes the nested data source and pages below the app, for viewers too', () => {
  const pages = appManifest.includes.filter(({ type }) => type === 'page');
  expect(pages.length).toBeGreaterThan(0);
  for (const page of pages) {
    expect(page.path).toMatch(/^\/a\/%PLUGIN_ID%\//);
    expect(page.role).toBe('Viewer');
  }
  expect(pages.filter(({ defaultNav }) => defaultNav)).toHaveLength(1);
  const nested = appManifest.includes.filter(({ type }) => type === 'datasource');
  expect(nested.map(({ path }) => path)).toEqual(['datasource/plugin.json']);
});
