import { checkNetwork, useCpuBackend } from '@asc/testing';
import { expect, test } from '@jest/globals';
import * as tf from '@tensorflow/tfjs-core';
import { complexity } from './complexity.js';
import { createModel } from './create-model.js';
import { EachPatch } from './each-patch.js';
import { embedPatches, hearThrough } from './hear-through.js';

await useCpuBackend();

const [BANDS, PATCH, SIZE, COUNT] = [16, 16, 8, 3];
/** Three patches and some frames more. */
const FRAMES = COUNT * PATCH + 5;
const vggish = () => createModel('vggish', { seed: 1, width: 1, bands: BANDS, frames: PATCH, classes: SIZE });
const vfm = (seed = 2) => createModel('zhang2019-vfm', { seed, width: 2, bands: SIZE, frames: COUNT, classes: 4 });

/** Largest |a − b|. */
const gap = (a: tf.Tensor, b: tf.Tensor): number => tf.tidy(() => tf.max(tf.abs(tf.sub(a, b))).dataSync()[0]!);

test('what is heard through another network is what the two say one after the other, patch by patch', () => {
  tf.tidy(() => {
    const [embedder, net] = [vggish(), vfm()];
    const maps = tf.randomUniform([2, BANDS, FRAMES, 1], -1, 1, 'float32', 7);
    const patches = Array.from({ length: COUNT }, (_, n) => tf.slice(maps, [0, 0, n * PATCH, 0], [2, BANDS, PATCH, 1]));
    const row = tf.stack(
      patches.map((patch) => embedder.deployed.apply(patch) as tf.Tensor),
      2,
    );
    const embeddings = tf.expandDims(row, 3);
    // The same numbers in batches of another size.
    expect(gap(embedPatches(embedder, FRAMES).apply(maps) as tf.Tensor, embeddings)).toBeLessThan(1e-5);
    const joined = hearThrough(net, embedder, FRAMES);
    const [said, expected] = [joined.deployed.apply(maps), net.deployed.apply(embeddings)] as [tf.Tensor, tf.Tensor];
    expect(gap(said, expected)).toBeLessThan(1e-5);
    expect(joined.training.trainableWeights).toHaveLength(
      embedder.training.trainableWeights.length + net.training.trainableWeights.length,
    );
  });
});

test('the joined network trains and exports as it runs in tfjs', async () => {
  // Eight clips, as the last norms see one value of each; embeddings of noise hardly differ, and norms magnify their rounding.
  await checkNetwork(() => hearThrough(vfm(), vggish(), FRAMES), [8, BANDS, FRAMES, 1], 0.02);
});

test('a patch costs what the network costs, and maps too short or embeddings that do not fit are refused', () => {
  const { deployed } = vggish();
  const layer = new EachPatch('each', deployed);
  expect(layer.macs([null, BANDS, FRAMES, 1])).toBe(COUNT * complexity(deployed).macs);
  expect(() => embedPatches(vggish(), PATCH - 1)).toThrow(/too short for one patch.*\nexpected at least 16 frames/);
  expect(() => hearThrough(vfm(), vggish(), PATCH)).toThrow(/expected embeddings \(8, 3, 1\), received \(8, 1, 1\)/);
});
