/**
 * clova2021-resnetse-mfm: residual network of max feature maps with squeeze and excitation.
 *
 * Paper: Heo, Jung, Shim, Lee, "Clova submission for the DCASE 2021 challenge: acoustic scene classification using light
 * architectures and device augmentation" (2021).
 *
 * Read: four residual stages of outputs 16/24/28/32, 17 convolutions, ReLU replaced by max feature maps, convolutions
 * decomposed but for the first one and the first stage, no multi-task branch, 63,547 parameters.
 * Inferred: everything else, from the company's public SE-ResNet (clovaai/voxceleb_trainer) and the count: two blocks a
 * stage, squeeze and excitation by 8, 5×5 stem, decomposition into 3×1 to ⌊C/3⌋ channels and 1×3, biased projections,
 * one input channel, global average and one dense layer. Unknown: strides (taken 1, 2, 2, 2).
 * This is a count-matched reconstruction: hundreds of other networks have 63,547 parameters too.
 */
import { BatchNorm, Conv2D, Dense, GlobalAveragePool, lowRankConv, mfmResidual, type ResidualConv } from '@asc/layers';
import { convUnit, MAX_FEATURE_MAP } from './conv-unit.js';
import type { ModelPreset, SceneModel, SceneModelConfig } from './scene-model.js';
import { singleTask } from './single-task.js';

const BLOCKS = 2;
const REDUCTION = 8;

/** 3×3 convolution: (B, F, T, C) → (B, ⌈F/s⌉, ⌈T/s⌉, filters). */
const plain: ResidualConv = (x, config) => new Conv2D({ ...config, kernelSize: 3, padding: [1, 1, 1, 1] }).apply(x);
/** The same of rank ⌊C/3⌋. */
const decomposed: ResidualConv = (x, config) => lowRankConv(x, { ...config, rank: Math.floor(x.shape[3]! / 3) });

/** Channels of the stages; the stem has those of the first. */
const WIDTHS: readonly number[] = [16, 24, 28, 32];

/**
 * Builds the network. (B, F, T, C) → scene logits (B, Y).
 *
 * @param widths channels of the stages; default the publication's.
 * @throws UsageError when asked for an abstract branch.
 */
export function clova2021ResnetseMfm(config: SceneModelConfig, widths: readonly number[] = WIDTHS): SceneModel {
  const { seed, classes } = config;
  return singleTask('clova2021-resnetse-mfm', config, (features) => {
    const stem = convUnit(features, {
      name: 'stem',
      filters: widths[0]!,
      kernelSize: [5, 5],
      padding: [2, 2, 2, 2],
      seed,
      activation: MAX_FEATURE_MAP,
    });
    let x = new BatchNorm({ name: 'stem_norm' }).apply(stem);
    for (const [stage, filters] of widths.entries()) {
      const conv = stage === 0 ? plain : decomposed;
      for (let i = 0; i < BLOCKS; i++) {
        const strides = stage > 0 && i === 0 ? 2 : 1;
        const name = `stage${stage + 1}_block${i + 1}`;
        x = mfmResidual(x, { name, filters, conv, strides, reduction: REDUCTION, seed });
      }
    }
    const embedding = new GlobalAveragePool({ name: 'average' }).apply(x);
    return new Dense({ name: 'scene', units: classes, seed }).apply(embedding);
  });
}

/** The reconstruction of 63,547 parameters. */
export const CLOVA_2021_RESNETSE_MFM: ModelPreset = {
  name: 'clova2021-resnetse-mfm',
  paper: 'Heo et al. 2021 (DCASE 2021 Task 1A), a count-matched reconstruction',
  config: { seed: 0, classes: 10, abstractClasses: 0, bands: 128, frames: 250, channels: 1 },
  clipSamples: 220_500,
  frontEnd: 'amfm-small',
  published: [
    {
      what: 'parameters',
      value: 63_547,
      match: 'exact',
      note: 'the count is met by choice of what the publication leaves open; the network is not known to be the original',
    },
  ],
  build: (config) => clova2021ResnetseMfm(config),
};
