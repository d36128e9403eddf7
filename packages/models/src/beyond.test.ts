import { expect, test } from '@jest/globals';
import { checkNetwork, useCpuBackend } from '@asc/testing';
import { createModel } from './create-model.js';

await useCpuBackend();

// Norms over few values magnify rounding: sizes and batches leave each norm of TF-SepNet a dozen.
test.each<[string, number, { bands: number; frames: number; width?: number; seed?: number }]>([
  ['dcase2020-1b', 1, { bands: 20, frames: 500, width: 1 }],
  ['dcase2021', 1, { bands: 20, frames: 500, width: 1 }],
  ['dcase2022', 2, { bands: 20, frames: 50, width: 2 }],
  ['cp-mobile', 2, { bands: 24, frames: 20 }],
  ['bc-resnet-asc', 4, { bands: 32, frames: 32, width: 4 }],
  ['tf-sepnet', 4, { bands: 48, frames: 48, width: 16, seed: 3 }],
])('%s trains natively as eagerly, and exports what it is', async (name, batch, size) => {
  await checkNetwork(() => createModel(name, size), [batch, size.bands, size.frames, 1]);
});

test('widths that split no channel in two are refused', () => {
  expect(() => createModel('tf-sepnet', { width: 6 })).toThrow('a multiple of 4');
});
