import { test } from '@jest/globals';
import { useCpuBackend } from '@asc/testing';
import { BC_RESNET_ASC } from './bc-resnet-asc.js';
import { CP_MOBILE } from './cp-mobile.js';
import { DCASE_2020_1B } from './dcase2020-1b.js';
import { DCASE_2021, DCASE_2022 } from './dcase2022.js';
import { expectGolden, readModelGolden, type Golden } from './golden.test.helper.js';
import { TF_SEPNET } from './tf-sepnet.js';

await useCpuBackend();

/** Widths narrower than the published are stored with the values: every kind of block, in a fraction of the time. */
interface NarrowGolden extends Golden {
  readonly config?: { readonly width: number };
}

test.each(
  [DCASE_2020_1B, DCASE_2021, DCASE_2022, CP_MOBILE, BC_RESNET_ASC, TF_SEPNET].map(
    (preset) => [preset.name, preset] as const,
  ),
)('%s equals PyTorch: outputs, loss, gradients, running statistics', (name, preset) => {
  const golden = readModelGolden<NarrowGolden>(name);
  const [, bands, frames] = golden.shape;
  expectGolden(preset.build({ ...preset.config, ...golden.config, bands, frames }), golden);
});
