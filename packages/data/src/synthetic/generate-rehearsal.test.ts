import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { mkdir, mkdtemp, readdir, rm, stat, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { loadDataset } from '../dataset/load-dataset.js';
import { verifyDataset } from '../dataset/verify-dataset.js';
import { generateRehearsal, REHEARSAL_SETS } from './generate-rehearsal.js';

describe('a rehearsal', () => {
  let folder = '';
  beforeAll(async () => {
    folder = await mkdtemp(join(tmpdir(), 'rehearsal-'));
  });
  afterAll(() => rm(folder, { recursive: true, force: true }));

  test.each(REHEARSAL_SETS)(
    'of %s loads as the set does, with a clip of every scene on both sides of every fold',
    async (set) => {
      const out = await generateRehearsal({ set, out: join(folder, set), clipSeconds: 0.5 });
      const dataset = await loadDataset(set, out);
      const scenes = set === 'tut2017' ? 15 : 10;
      expect(dataset.folds).toEqual(set === 'tut2017' ? [1, 2, 3, 4] : [1]);
      for (const fold of dataset.folds) {
        for (const side of ['train', 'evaluate'] as const) {
          expect(new Set(Array.from(dataset.split(fold, side), ({ scene }) => scene)).size).toBe(scenes);
        }
      }
      expect((await verifyDataset(dataset)).damaged).toEqual([]);
      expect((await readdir(folder)).filter((name) => name.startsWith('.'))).toEqual([]);
    },
  );

  test('has the lists of DCASE 2024', async () => {
    const dataset = await loadDataset('tau2022-mobile', join(folder, 'tau2022-mobile'), { trainPercent: 5 });
    expect(dataset.split(1, 'train').length).toBe(30);
  });

  test('is left as it is when asked for again, and never takes a folder of something else', async () => {
    const out = join(folder, 'tau2019');
    const options = { set: 'tau2019', clipSeconds: 0.5, out } as const;
    const before = await stat(join(out, 'audio', 'bus-lyon-4-4-a.wav'));
    expect(await generateRehearsal(options)).toBe(out);
    expect((await stat(join(out, 'audio', 'bus-lyon-4-4-a.wav'))).mtimeMs).toBe(before.mtimeMs);
    await expect(generateRehearsal({ ...options, clipSeconds: 1 })).rejects.toThrow('holds something else');
    const foreign = join(folder, 'foreign');
    await mkdir(foreign);
    await writeFile(join(foreign, 'notes.txt'), 'mine');
    await expect(generateRehearsal({ ...options, out: foreign })).rejects.toThrow('holds something else');
  });
});
