import { test } from '@jest/globals';
import { checkTraining, useCpuBackend, type TrainableNetwork } from '@asc/testing';
import { clova2021ResnetseMfm } from './clova2021-resnetse-mfm.js';
import { findPreset } from './create-model.js';
import { sp4asc } from './sp4asc.js';
import { xin2022 } from './xin2022.js';
import type { SceneModelConfig } from './scene-model.js';

await useCpuBackend();

type Make = (config: SceneModelConfig) => TrainableNetwork;
type Size = Partial<Omit<SceneModelConfig, 'bands' | 'frames'>>;

const SHIM: Size = { width: 4 };
const NARROW = [8, 12, 12, 12];

/** Each kind of block and loss once, narrow; docs/networks.md has every preset, wide. */
test.each<[string, batch: number, bands: number, frames: number, more?: Size, make?: Make, momenta?: number]>([
  ['amfm-small', 2, 8, 8],
  ['clova2021-resnetse-mfm', 2, 16, 16, {}, (config) => clova2021ResnetseMfm(config, [4, 6, 7, 8])],
  ['sp4asc', 2, 16, 16, {}, (config) => sp4asc(config, NARROW)],
  // A norm right behind a convolution of one channel cancels most of its gradient.
  ['xin2022', 2, 16, 16, {}, (config) => xin2022(config, NARROW), 3e-3],
  ['dcase2020-1b', 1, 20, 500, { width: 1 }],
  ['dcase2022', 2, 20, 50, { width: 2 }],
  ['cp-mobile', 2, 24, 20],
  ['bc-resnet-asc', 4, 32, 32, { width: 4 }],
  ['tf-sepnet', 8, 32, 32, { width: 8 }],
  ['shim2022-relu-attention', 2, 22, 22, SHIM],
  ['shim2022-leaky-relu', 2, 22, 22, SHIM],
  ['shim2022-separated-classifier', 2, 22, 22, SHIM],
  ['shim2022-extended-mtl', 2, 22, 22, SHIM],
  ['zhang2019-vfm-2d', 2, 16, 36, { width: 4 }],
  ['zhang2019-jrm', 2, 10, 200, { width: 2, embeddingSize: 16, embeddings: 130 }],
  ['zhang2019-cmam', 2, 10, 20, { width: 2, embeddingSize: 16, embeddings: 6 }],
  ['vggish-aed', 2, 32, 16, { width: 1, classes: 8, embeddingSize: 6 }],
])('%s trains natively as eagerly', async (name, batch, bands, frames, more = {}, make, momenta) => {
  const size = { ...findPreset(name).config, seed: 5, bands, frames, ...more };
  await checkTraining(() => (make ?? findPreset(name).build)(size), batch, momenta);
});
