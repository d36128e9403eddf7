import { join } from 'node:path';
import { type Clip, type ClipInfo, createRng } from '@asc/core';
import { expect, it } from '@jest/globals';
import { generateSyntheticScenes, loadDataset, pipeline, readAudio, verifyDataset, writeWav } from './index.js';
import { withFolder, writeFiles } from './test-folder.test.helper.js';

it('does what its README shows', async () => {
  await withFolder(async (folder) => {
    const set = await generateSyntheticScenes({
      out: join(folder, 'scenes'),
      clipsPerScene: 15,
      clipSeconds: 0.5,
      seed: 1,
    });
    const open = async (clip: ClipInfo): Promise<Clip> => ({ ...clip, waveform: await readAudio(clip.path) });
    const train = pipeline(set.split(1, 'train'))
      .shuffle(createRng(1).split('epoch', 0))
      .map(open, { concurrency: 4 })
      .batch(24, { dropLast: true })
      .prefetch(2);
    const sizes: number[] = [];
    for await (const batch of train) {
      expect(batch[0]?.waveform.samples).toHaveLength(22_050);
      expect(set.labels.scenes).toContain(batch[0]?.scene);
      sizes.push(batch.length);
    }
    expect(sizes).toEqual([24, 24]);
  });
});

it('opens and verifies a published set as its README shows', async () => {
  await withFolder(async (data) => {
    await writeFiles(data, {
      'ESC-50/meta/esc50.csv': 'filename,fold,category,src_file\n1-100-A-0.wav,1,dog,100\n2-200-A-0.wav,2,dog,200\n',
      'ESC-50/audio/.keep': '',
    });
    for (const name of ['1-100-A-0.wav', '2-200-A-0.wav']) {
      await writeWav(join(data, 'ESC-50/audio', name), { samples: new Float32Array(220_500), sampleRateHz: 44_100 });
    }
    const set = await loadDataset('esc50', data);
    expect(set.split(1, 'evaluate').at(0)).toMatchObject({ id: 'audio/1-100-A-0.wav', scene: 'dog', location: '100' });
    const differing = set.facts.filter(({ agrees }) => !agrees).map(({ about }) => about);
    expect(differing).toEqual(['clips', 'folds', 'clips of scene dog']);
    // Facts of ESC-50 are reported, not stated: a part of it is usable.
    expect((await verifyDataset(set)).usable).toBe(true);
  });
});
