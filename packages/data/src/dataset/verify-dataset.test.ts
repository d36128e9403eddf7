import { readFile, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { expect, it } from '@jest/globals';
import { writeWav } from '../audio/wav-writer.js';
import { withFolder, writeFiles } from '../test-folder.test.helper.js';
import { loadTau } from './load-tau.js';
import { assertAudioPresent } from './assert-audio-present.js';
import { type VerifyOptions, verifyDataset } from './verify-dataset.js';

const SOUND = { samples: Float32Array.from({ length: 64 }, (_, i) => Math.sin(i)), sampleRateHz: 8000 };
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
    expect(await verifyDataset(set)).toMatchObject({ clips: 8, missing: [], extra: [], usable: false });
    expect((await verifyDataset(set)).damaged).toHaveLength(8);
    await assertAudioPresent(set.clips);

    for (const name of names) await writeWav(join(root, name), SOUND);
    await writeFiles(root, { 'audio/notes.txt': 'foreign', 'audio/.hidden': '' });
    const told: number[] = [];
    const fine = await verifyDataset(set, { onProgress: (done) => told.push(done), deep: true });
    expect(fine).toMatchObject({ extra: ['audio/notes.txt'], damaged: [], mislabelled: [], sharedLocations: [] });
    expect(fine).toMatchObject({ facts: [], archives: [], usable: true });
    expect(told).toEqual([0, 8]);

    await writeFiles(root, { [names[2] ?? '']: '' });
    const wav = await readFile(join(root, names[3] ?? ''));
    await writeFile(join(root, names[3] ?? ''), wav.subarray(0, wav.length - 10));
    expect((await verifyDataset(set)).damaged).toEqual([
      { id: names[2], what: 'empty file (0 bytes)' },
      { id: names[3], what: expect.stringMatching(/^truncated WAV file/) },
    ]);
    await expect(assertAudioPresent(set.clips)).rejects.toThrow(/1 of 8 audio files are empty/);

    await rm(join(root, 'audio'), { recursive: true });
    expect((await verifyDataset(set)).missing).toEqual(names);
    await expect(assertAudioPresent(set.clips)).rejects.toThrow(/8 of 8 audio files are missing: .*, …/);
    await expect(verifyDataset(set, { signal: AbortSignal.abort() })).rejects.toThrow(/abort/);
    await expect(verifyDataset(set, { depp: true } as VerifyOptions)).rejects.toThrow(/Did you mean "deep"/);
  });
});

it('tells of a fold that lists nothing to evaluate on', async () => {
  await withFolder(async (root) => {
    await writeFiles(root, {
      'meta.csv': `filename\tscene_label\n${names.map((name) => `${name}\tbus`).join('\n')}\n`,
      'evaluation_setup/fold1_train.csv': `filename\tscene_label\n${names[0]}\tbus\n`,
      'evaluation_setup/fold2_train.csv': `filename\tscene_label\n${names[0]}\tbus\n`,
      'evaluation_setup/fold2_test.csv': `filename\n${names[1]}\n`,
      ...Object.fromEntries(names.map((name) => [name, ''])),
    });
    for (const name of names) await writeWav(join(root, name), SOUND);
    const report = await verifyDataset(await loadTau(root));
    expect(report).toMatchObject({ foldsWithoutEvaluation: [1], damaged: [], mislabelled: [], usable: false });
  });
});
