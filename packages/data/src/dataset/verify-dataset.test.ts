import { rm } from 'node:fs/promises';
import { join } from 'node:path';
import { expect, it } from '@jest/globals';
import { withFolder, writeFiles } from '../test-folder.test.helper.js';
import { loadTau } from './load-tau.js';
import { assertAudioPresent, verifyDataset } from './verify-dataset.js';

const names = Array.from({ length: 8 }, (_, i) => `audio/bus-lyon-${i}-${i}-a.wav`);

it('finds missing and empty files and shared locations', async () => {
  await withFolder(async (root) => {
    await writeFiles(root, {
      'meta.csv': `filename\tscene_label\n${names.map((name) => `${name}\tbus`).join('\n')}\n`,
      'evaluation_setup/fold1_train.csv': `filename\tscene_label\n${names[0]}\tbus\n`,
      'evaluation_setup/fold1_evaluate.csv': `filename\tscene_label\n${names[1]}\tbus\n`,
      'evaluation_setup/fold2_test.csv': `filename\n${names[1]}\n`,
      ...Object.fromEntries(names.map((name) => [name, 'sound'])),
    });
    const set = await loadTau(root);
    const fine = await verifyDataset(set);
    expect(fine).toMatchObject({ clips: 8, missing: [], empty: [] });
    expect([...fine.sharedLocations]).toEqual([[1, []]]);
    await assertAudioPresent(set.clips);

    await writeFiles(root, { [names[2] ?? '']: '' });
    expect((await verifyDataset(set)).empty).toEqual([names[2]]);
    await expect(assertAudioPresent(set.clips)).rejects.toThrow(/1 of 8 audio files are empty/);

    await rm(join(root, 'audio'), { recursive: true });
    expect((await verifyDataset(set)).missing).toEqual(names);
    await expect(assertAudioPresent(set.clips)).rejects.toThrow(/8 of 8 audio files are missing: .*, …/);
  });
});
