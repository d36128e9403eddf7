import { afterAll, beforeAll, expect, it } from '@jest/globals';
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import * as runtime from './index.js';
import * as page from './page.js';
import { noise, tinyBytes } from './tiny-model.test.helper.js';

let folder = '';
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'asc-runtime-'));
});
afterAll(() => rm(folder, { recursive: true }));

it('the README example works as printed', async () => {
  const readme = await readFile(new URL('../README.md', import.meta.url), 'utf8');
  const [, example = ''] = /```ts\n([\s\S]*?)```/.exec(readme) ?? [];
  const body = example.replace(/^import .*\n/, '').replace("'model.onnx'", 'file');
  expect(body).toContain('await classifier.close();');
  const file = join(folder, 'model.onnx');
  await writeFile(file, tinyBytes());
  const told: unknown[][] = [];
  const names = ['loadClassifier', 'file', 'samples', 'pieces', 'console'];
  const AsyncFunction = (async () => {}).constructor as new (
    ...words: string[]
  ) => (...values: unknown[]) => Promise<void>;
  const sound = noise(48_000);
  const pieces = [sound.subarray(0, 20_000), sound.subarray(20_000)];
  await new AsyncFunction(...names, body)(runtime.loadClassifier, file, sound, pieces, {
    log: (...values: unknown[]) => told.push(values),
  });
  expect(told).toEqual([
    [['bus', 'park', 'tram'], 8000],
    [expect.any(String), expect.any(Number), false],
    [0.1, expect.any(String)],
    [1, expect.any(String)],
  ]);
});

it('a page gets the same names', () => {
  expect(Object.keys(page).toSorted()).toEqual(Object.keys(runtime).toSorted());
});

it('a page loads no module of Node: none is imported, other than when called, from its entry and its worker on', async () => {
  const seen = new Set<string>();
  const outside = new Set<string>();
  async function follow(url: URL): Promise<void> {
    if (seen.has(url.href)) return;
    seen.add(url.href);
    const source = await readFile(url, 'utf8');
    for (const [, specifier = ''] of source.matchAll(/^(?:import|export)(?:[^'"`;(]*?\sfrom)?\s['"]([^'"]+)['"];$/gm)) {
      if (specifier.startsWith('.')) await follow(new URL(specifier, url));
      else if (specifier.startsWith('@asc/')) await follow(new URL(import.meta.resolve(specifier)));
      else outside.add(specifier);
    }
  }
  for (const entry of ['./page.js', './page-worker.js']) await follow(new URL(entry, import.meta.url));
  expect([...outside]).toEqual([]);
  expect(seen.size).toBeGreaterThan(40);
});
