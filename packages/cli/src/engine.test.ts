import { afterAll, expect, it } from '@jest/globals';
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { asc, makeScenes, temporaryFolder, TINY_RECIPE } from './asc.test.helper.js';

interface Epoch {
  readonly loss: number;
  readonly parts: Readonly<Record<string, number>>;
  readonly validation: { readonly logLoss: number };
}

const folder = temporaryFolder();
afterAll(() => folder.remove());

it('the same recipe trains on plain tfjs, and ends where the native engine does', async () => {
  const cwd = folder.path;
  // Small maps: tfjs takes seconds for what takes the native engine milliseconds.
  const small = { features: { preset: 'amfm-small', overrides: { bands: 8 } }, clip: { seconds: 0.2 } };
  const short = { augment: { timeRoll: true, mixup: { alpha: 0.2 } }, batchSize: 30, epochs: 1 };
  writeFileSync(join(cwd, 'tiny.json'), JSON.stringify({ ...TINY_RECIPE, ...small, ...short }));
  expect(await asc(makeScenes(15), { cwd })).toMatchObject({ code: 0 });
  const [eager, native] = await Promise.all(
    ['eager', 'cpu'].map(async (engine) => {
      const trained = await asc(['train', 'tiny.json', '--out', engine, '--set', `engine=${engine}`], { cwd });
      expect(trained).toMatchObject({ code: 0, stderr: '' });
      return JSON.parse(readFileSync(join(cwd, engine, 'history.jsonl'), 'utf8')) as Epoch;
    }),
  );
  // Two steps of Adam: rounding decides the sign of updates whose gradient is all but zero.
  for (const part of ['scene', 'abstract']) {
    expect(Math.abs(native!.parts[part]! / eager!.parts[part]! - 1)).toBeLessThan(1e-3);
  }
  expect(Math.abs(native!.loss / eager!.loss - 1)).toBeLessThan(1e-3);
  expect(Math.abs(native!.validation.logLoss - eager!.validation.logLoss)).toBeLessThan(1e-3);
});
