/**
 * cp-mobile: CP-Mobile with global response normalisation, the student of the best systems of DCASE 2023 Task 1.
 *
 * Source: Schmid, Morocutti, Masoudian, Koutini, Widmer, "Distilling the knowledge of transformers and CNNs with CP-Mobile"
 * (DCASE Workshop 2023); public code fschmid56/cpjku_dcase23.
 *
 * Read in the code: base 32 channels, multiplier 2.3, expansion 3, blocks 3/2/1, strides b2 (2, 2) and b4 (2, 1), a global
 * response norm with scalar γ and β after the sum of each block, Kaiming-normal fan-out weights. Exact: 126,952 parameters.
 * Inferred: nothing of the network; 64 frames follow from 1 s at 32 kHz less the sample that pre-emphasis takes.
 */
import { GlobalResponseNorm } from '@asc/layers';
import type { LayersModel } from '@tensorflow/tfjs-layers';
import { cpMobileNetwork } from './cp-mobile-network.js';
import { cpMobilePytorchModules } from './cp-mobile-pytorch-modules.js';
import type { ModelPreset, SceneModel, SceneModelConfig } from './scene-model.js';
import { pytorchNames, type WeightNameMap } from './weight-names.js';

/** Builds the network. (B, F, T, C) → scene logits (B, Y). @throws UsageError when asked for an abstract branch. */
export function cpMobile(config: SceneModelConfig): SceneModel {
  return cpMobileNetwork(config, {
    name: 'cp-mobile',
    multiplier: 2.3,
    expansion: 3,
    strides: { b2: [2, 2], b4: [2, 1] },
    afterSum: (x, block) => new GlobalResponseNorm({ name: `${block}_grn` }).apply(x),
  });
}

/** Names of fschmid56/cpjku_dcase23 (models/cp_mobile.py): the baseline's, and γ and β of `after_block_norm` by those names. */
function cpMobilePytorchNames(model: LayersModel): WeightNameMap {
  const modules = cpMobilePytorchModules();
  const names = pytorchNames(model, modules);
  const gains = Object.keys(names).filter((name) => /_grn\/(gamma|beta)$/.test(name));
  const places = gains.map((ours) => {
    const [block, which] = ours.split('_grn/') as [string, string];
    const path = modules[`${block}_expand_conv`]!.replace(/\.block\.0\.0$/, '.after_block_norm');
    return [ours, { name: `${path}.${which}` }] as const;
  });
  return { ...names, ...Object.fromEntries(places) };
}

/** At base 32: 126,952 parameters, 1 s as 256 × 64 × 1. */
export const CP_MOBILE: ModelPreset = {
  name: 'cp-mobile',
  paper: 'Schmid et al. 2023, CP-Mobile (DCASE 2023 Task 1)',
  config: { seed: 0, classes: 10, abstractClasses: 0, bands: 256, frames: 64, channels: 1 },
  clipSamples: 32_000,
  frontEnd: 'cp-mobile',
  published: [
    {
      what: 'parameters',
      value: 126_952,
      match: 'exact',
      note: 'the public code at its default widths; the largest student, called 128K',
    },
  ],
  pytorchNames: cpMobilePytorchNames,
  build: cpMobile,
};
