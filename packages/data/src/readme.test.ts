import { join } from 'node:path';
import { type Clip, type ClipInfo, createRng } from '@asc/core';
import { expect, it } from '@jest/globals';
import { generateSyntheticScenes, pipeline, readAudio } from './index.js';
import { withFolder } from './test-folder.test.helper.js';

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
