import { afterAll, beforeAll, expect, it } from '@jest/globals';
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { runTraining } from './line/run-training.js';
import { tinyRuns, type TinyRuns } from './tiny-runs.test.helper.js';

let runs: TinyRuns;
beforeAll(async () => {
  runs = await tinyRuns();
});
afterAll(() => runs.remove());

/** Trains with maps of a kind, kept in memory or in a folder. */
async function trained(dtype: 'float32' | 'float16', name: string, cache?: string) {
  const recipe = runs.recipe({ epochs: 2, cache: { dtype } });
  const out = join(runs.path, name);
  const { report } = await runTraining(recipe, { out, ...(cache !== undefined && { cache: join(runs.path, cache) }) });
  return { report, weights: readFileSync(join(out, 'checkpoints', 'last.safetensors'), 'base64') };
}

/** Bytes of the arrays in a folder of `.npy` files, their headers and what is told about them apart. */
function cachedBytes(cache: string): number {
  const files = readdirSync(join(runs.path, cache), { recursive: true }).map(String);
  const bytes = files
    .filter((name) => name.endsWith('.npy'))
    .map((name) => {
      const header = readFileSync(join(runs.path, cache, name)).toString('latin1', 0, 128);
      const [, width = '', shape = ''] = /'descr': '<f(\d)'.*'shape': \(([\d, ]+)\)/.exec(header) ?? [];
      return shape.split(',').reduce((product, size) => product * Number(size), Number(width));
    });
  return bytes.reduce((sum, each) => sum + each, 0);
}

it('a recipe keeps its maps in half precision: half the bytes, and the same run wherever they are kept', async () => {
  const full = await trained('float32', 'full', 'cache-32');
  const half = await trained('float16', 'half', 'cache-16');
  expect(cachedBytes('cache-16')).toBe(cachedBytes('cache-32') / 2);
  expect(cachedBytes('cache-16')).toBeGreaterThan(10_000);

  expect(half.weights).not.toBe(full.weights);
  expect(half.report?.clips).toBe(full.report?.clips);
  expect(half.report).toMatchObject({ logLoss: expect.closeTo((full.report as { logLoss: number }).logLoss, 1) });
  expect((await trained('float16', 'in-memory')).weights).toBe(half.weights);
});
