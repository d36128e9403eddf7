/**
 * sp4asc: separable convolutions for low-complexity acoustic scene classification.
 *
 * Paper: Puy, Jain, Bursuc, "Separable convolutions and test-time augmentations for low-complexity and calibrated acoustic
 * scene classification" (DCASE 2021 Task 1A), with the authors' code valeoai/SP4ASC.
 *
 * Read in the code: batch norm over 256 mel bands; widths 64/128/128/128; block of 1×1 convolution, sum of 3×1 and 1×3
 * depthwise convolutions of dilation 2, all without bias, one batch norm, ReLU, 2×2 average pool; mean over frequency,
 * maximum plus mean over time; dropout 0.2, dense 128–128, ReLU, dropout 0.2, dense 128–Y. Nothing is inferred.
 * 62,922 parameters in training; with each block's norm folded into its depthwise convolutions (2C numbers become C) the
 * published 62,474; 63,306 is another count, of two norms a block and none over the bands. Masks on the input (SpecAugment)
 * belong to the recipe.
 */
import {
  AveragePool2D,
  BatchNorm,
  Conv2D,
  Dense,
  DilatedDepthwiseCross,
  Dropout,
  FrequencyTimePool,
} from '@asc/layers';
import { layers, type LayersModel, type SymbolicTensor } from '@tensorflow/tfjs-layers';
import type { ModelPreset, SceneModel, SceneModelConfig } from './scene-model.js';
import { singleTask } from './single-task.js';
import { pytorchNames, timeFirst, type WeightNameMap } from './weight-names.js';

/** Channels of the blocks. */
export const SP4ASC_WIDTHS: readonly number[] = [64, 128, 128, 128];
const DROPOUT = 0.2;

/** Batch norm with a gain, a shift and statistics for each mel band: (B, F, T, C) → same. */
export function bandNorm(x: SymbolicTensor, name: string): SymbolicTensor {
  const swap = (y: SymbolicTensor, side: string): SymbolicTensor =>
    layers.permute({ name: `${name}_${side}`, dims: [3, 2, 1] }).apply(y) as SymbolicTensor;
  return swap(new BatchNorm({ name }).apply(swap(x, 'in')), 'out');
}

/** 1×1 convolution without bias: (B, F, T, C) → (B, F, T, filters). */
export function mixChannels(x: SymbolicTensor, name: string, filters: number, seed: number): SymbolicTensor {
  return new Conv2D({ name: `${name}_mix`, filters, kernelSize: 1, useBias: false, seed }).apply(x);
}

/** Dropout, dense C → C, ReLU, dropout, dense: (B, C) → logits (B, Y). */
export function classifier(
  x: SymbolicTensor,
  { rate, classes, seed }: { rate: number; classes: number; seed: number },
): SymbolicTensor {
  const dropped = new Dropout({ name: 'dropout1', rate }).apply(x);
  const hidden = new Dense({ name: 'hidden', units: x.shape[1]!, seed }).apply(dropped);
  const active = layers.reLU({ name: 'hidden_relu' }).apply(hidden) as SymbolicTensor;
  return new Dense({ name: 'scene', units: classes, seed }).apply(
    new Dropout({ name: 'dropout2', rate }).apply(active),
  );
}

/** (B, F, T, C) → (B, ⌊F/2⌋, ⌊T/2⌋, filters). */
function block(x: SymbolicTensor, name: string, filters: number, seed: number): SymbolicTensor {
  const crossed = new DilatedDepthwiseCross({ name: `${name}_cross`, seed }).apply(mixChannels(x, name, filters, seed));
  const normed = new BatchNorm({ name: `${name}_norm` }).apply(crossed);
  const active = layers.reLU({ name: `${name}_relu` }).apply(normed) as SymbolicTensor;
  return new AveragePool2D({ name: `${name}_pool`, poolSize: 2 }).apply(active);
}

/**
 * Builds the network. (B, F, T, C) → scene logits (B, Y).
 *
 * @param widths channels of the blocks; default the publication's.
 * @throws UsageError when asked for an abstract branch.
 */
export function sp4asc(config: SceneModelConfig, widths: readonly number[] = SP4ASC_WIDTHS): SceneModel {
  const { seed, classes } = config;
  return singleTask('sp4asc', config, (features) => {
    let x = bandNorm(features, 'band_norm');
    for (const [i, filters] of widths.entries()) x = block(x, `block${i + 1}`, filters, seed);
    const embedding = new FrequencyTimePool({ name: 'pool' }).apply(x);
    return classifier(embedding, { rate: DROPOUT, classes, seed });
  });
}

/** Names and layouts of valeoai/SP4ASC (sp4asc/models/cnns.py), whose maps are (B, C, T, F). */
function sp4ascPytorchNames(model: LayersModel): WeightNameMap {
  const blocks = SP4ASC_WIDTHS.map((_, i) => [`block${i + 1}`, `conv${i + 1}`] as const).flatMap(([ours, theirs]) => [
    [`${ours}_mix`, `${theirs}.ch_conv1`],
    [`${ours}_cross/time`, `${theirs}.sp_conv1`],
    [`${ours}_cross/frequency`, `${theirs}.sp_conv2`],
    [`${ours}_norm`, `${theirs}.bn`],
  ]);
  const modules = Object.fromEntries([
    ['band_norm', 'bn0'],
    ...blocks,
    ['hidden', 'fc1'],
    ['scene', 'fc2'],
  ]) as Readonly<Record<string, string>>;
  return timeFirst(pytorchNames(model, modules));
}

/** As published: 62,474 parameters when folded, 10 s as 256 × 431 × 1. */
export const SP4ASC: ModelPreset = {
  name: 'sp4asc',
  paper: 'Puy, Jain, Bursuc 2021 (DCASE 2021 Task 1A), valeoai/SP4ASC',
  config: { seed: 0, classes: 10, abstractClasses: 0, bands: 256, frames: 431, channels: 1 },
  clipSamples: 441_000,
  frontEnd: 'xin2022',
  published: [
    {
      what: 'parameters, norms of the blocks folded',
      value: 62_474,
      match: 'exact',
      note: 'from the submission’s meta file; in training 62,922',
    },
  ],
  pytorchNames: sp4ascPytorchNames,
  build: (config) => sp4asc(config),
};
