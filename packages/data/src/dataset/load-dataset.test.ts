import { UsageError } from '@asc/core';
import { describe, expect, it } from '@jest/globals';
import { join } from 'node:path';
import { writeWav } from '../audio/wav-writer.js';
import { withFolder, writeFiles } from '../test-folder.test.helper.js';
import { datasetEntry } from './catalogue.js';
import { loadDataset } from './load-dataset.js';
import { verifyDataset } from './verify-dataset.js';

const FOLDER = 'TAU-urban-acoustic-scenes-2020-mobile-development';
const TAU = {
  [`${FOLDER}/meta.csv`]:
    'filename\tscene_label\tidentifier\tsource_label\naudio/bus-lyon-1-10-a.wav\tbus\tlyon-1\ta\naudio/tram-lyon-2-20-s9.wav\ttram\tlyon-2\ts9\n',
  [`${FOLDER}/evaluation_setup/fold1_train.csv`]: 'filename\tscene_label\naudio/bus-lyon-1-10-a.wav\tbus\n',
  [`${FOLDER}/evaluation_setup/fold1_evaluate.csv`]: 'filename\tscene_label\naudio/tram-lyon-2-20-s9.wav\ttram\n',
};

describe('loadDataset', () => {
  it('opens a published set by name and puts what is known of it beside what is there', async () => {
    await withFolder(async (root) => {
      await writeFiles(root, TAU);
      const set = await loadDataset('tau2020-mobile', root);
      expect(set.root).toBe(join(root, FOLDER));
      expect((await loadDataset('tau2020-mobile', join(root, FOLDER))).clips).toHaveLength(2);
      const fact = (about: string) => set.facts.find((check) => check.about === about);
      expect(fact('clips')).toMatchObject({ expected: 23_040, received: 2, agrees: false, basis: 'stated' });
      expect(fact('clips of scene bus')).toMatchObject({ expected: 2304, received: 1 });
      expect(fact('clips of device s9')).toMatchObject({ expected: 0, received: 1, agrees: false });
      expect(fact('folds')).toMatchObject({ agrees: true });
      expect(fact('fold 1, clips to train on')).toMatchObject({ expected: 13_965, received: 1, basis: 'reported' });

      await writeFiles(root, { [`${FOLDER}/audio/.keep`]: '' });
      await writeWav(
        join(set.root, 'audio/bus-lyon-1-10-a.wav'),
        {
          samples: new Float32Array(440_999).fill(0.1),
          sampleRateHz: 44_100,
        },
        { encoding: 'pcm24' },
      );
      await writeWav(join(set.root, 'audio/tram-lyon-2-20-s9.wav'), {
        samples: new Float32Array(440_998).fill(0.1),
        sampleRateHz: 44_100,
      });
      await writeFiles(root, { [`${FOLDER}.doc.zip`]: 'cut', [`${FOLDER}/${FOLDER}.meta.zip`]: 'x'.repeat(214_159) });
      const { facts, archives, usable } = await verifyDataset(set);
      const form = facts
        .filter(({ about }) => about.startsWith('recordings'))
        .map(({ about, received }) => [about, received]);
      expect(form).toEqual([
        ['recordings of 44100 Hz', 2],
        ['recordings of 24 bits', 1],
        ['recordings of 1 channel', 2],
        ['recordings of 441000 samples (± 1)', 1],
      ]);
      expect(usable).toBe(false);
      expect(archives.map(({ state }) => state)).toEqual(['wrong size', 'right']);
      expect((await verifyDataset(set, { deep: true })).archives.map(({ state }) => state)).toEqual([
        'wrong size',
        'wrong MD5',
      ]);
    });
  });

  it('refuses a fold that trains and evaluates on one location, unless faults are collected', async () => {
    await withFolder(async (root) => {
      const leaky = Object.entries(TAU).map(([name, text]) => [name, text.replaceAll('lyon-2', 'lyon-1')]);
      await writeFiles(root, Object.fromEntries(leaky) as Record<string, string>);
      await expect(loadDataset('tau2020-mobile', root)).rejects.toThrow(/same locations[^]*1 shared: lyon-1/);
      const set = await loadDataset('tau2020-mobile', root, { onFault: () => undefined });
      expect((await verifyDataset(set)).sharedLocations).toEqual([{ fold: 1, locations: ['lyon-1'] }]);
    });
  });

  it('teaches what it cannot open', async () => {
    await expect(loadDataset('tau2021', '.')).rejects.toThrow(UsageError);
    await expect(loadDataset('tau2019', '.', { trainPercent: 5 })).rejects.toThrow(/not of tau2019/);
    expect(datasetEntry('tau2022-mobile').facts.clips?.value).toBe(230_350);
  });
});
