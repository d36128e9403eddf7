import { test } from '@jest/globals';
import { useCpuBackend } from '@asc/testing';
import { BC_RESNET_ASC } from './bc-resnet-asc.js';
import { CP_MOBILE } from './cp-mobile.js';
import { DCASE_2020_1B } from './dcase2020-1b.js';
import { DCASE_2021, DCASE_2022 } from './dcase2022.js';
import { expectGolden, readModelGolden, type Golden } from './golden.test.helper.js';
import { TF_SEPNET } from './tf-sepnet.js';

await useCpuBackend();

/** Narrower networks than the published: every kind of block, in a fraction of the time. */
const WIDTHS: Readonly<Record<string, number>> = {
  'dcase2020-1b': 2,
  dcase2021: 2,
  dcase2022: 4,
  'bc-resnet-asc': 10,
  'tf-sepnet': 8,
};

test.each(
  [DCASE_2020_1B, DCASE_2021, DCASE_2022, CP_MOBILE, BC_RESNET_ASC, TF_SEPNET].map(
    (preset) => [preset.name, preset] as const,
  ),
)('%s equals PyTorch: outputs, loss, gradients, running statistics', (name, preset) => {
  const golden = readModelGolden<Golden>(name);
  const [, bands, frames] = golden.shape;
  const width = WIDTHS[name];
  expectGolden(preset.build({ ...preset.config, bands, frames, ...(width === undefined ? {} : { width }) }), golden);
});
