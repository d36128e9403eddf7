import { expect, test } from '@jest/globals';
import { useCpuBackend } from '@asc/testing';
import { CLOVA_2021_AMFM_SMALL, CLOVA_2021_AMFM_SMALL_COUNT_A, CLOVA_2021_AMFM_SMALL_COUNT_B } from './amfm-small.js';
import { CLOVA_2021_RESNETSE_MFM, clova2021ResnetseMfm } from './clova2021-resnetse-mfm.js';
import { complexity } from './complexity.js';
import { expectGolden, readModelGolden } from './golden.test.helper.js';
import type { SceneModelConfig } from './scene-model.js';

await useCpuBackend();

/** tfjs takes half a minute at full width. */
const NARROW = [4, 6, 7, 8];
const NETWORKS = [
  { ...CLOVA_2021_RESNETSE_MFM, build: (config: SceneModelConfig) => clova2021ResnetseMfm(config, NARROW) },
  CLOVA_2021_AMFM_SMALL_COUNT_A,
  CLOVA_2021_AMFM_SMALL_COUNT_B,
].map((preset) => [preset.name, preset] as const);

test.each(NETWORKS)('%s equals PyTorch', (name, { build, config }) => {
  const golden = readModelGolden(name);
  const [, bands, frames] = golden.shape;
  expectGolden(build({ ...config, bands, frames }), golden);
});

test.each([
  [CLOVA_2021_RESNETSE_MFM.name, CLOVA_2021_RESNETSE_MFM, 63_547, 63_547],
  [CLOVA_2021_AMFM_SMALL_COUNT_A.name, CLOVA_2021_AMFM_SMALL_COUNT_A, 65_424, 77_572],
  [CLOVA_2021_AMFM_SMALL_COUNT_B.name, CLOVA_2021_AMFM_SMALL_COUNT_B, 65_424, 77_572],
  [CLOVA_2021_AMFM_SMALL.name, CLOVA_2021_AMFM_SMALL, 64_593, 76_249],
] as const)('%s has its parameters', (_, preset, deployed, training) => {
  const net = preset.build(preset.config);
  expect(net.name).toBe(preset.name);
  expect([complexity(net.deployed).parameters, complexity(net.training).parameters]).toEqual([deployed, training]);
});

test('the residual network has no abstract branch', () => {
  const { build, config } = CLOVA_2021_RESNETSE_MFM;
  expect(() => build({ ...config, abstractClasses: 3 })).toThrow('no abstract branch');
});
