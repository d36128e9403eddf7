/**
 * dcase2024: the baseline of DCASE 2024 and 2025 Task 1, a CP-Mobile without global response normalisation.
 *
 * Source: CPJKU/dcase2024_task1_baseline, after Schmid, Morocutti, Masoudian, Koutini, Widmer, "Distilling the knowledge of
 * transformers and CNNs with CP-Mobile" (DCASE Workshop 2023).
 *
 * Read: base 32 channels, multiplier 1.8, expansion 2.1, blocks 3/2/1, strides b3 (1, 2) and b4 (2, 1), layer table,
 * 61,148 parameters, 29,419,156 MACs at 256×65×1, Kaiming-normal fan-out weights. Channels round to multiples of 8, never
 * down by more than 10 %. Nothing is inferred: every row of the published table is met.
 */
import { UsageError } from '@asc/core';
import { AveragePool2D, BatchNorm, Conv2D, DepthwiseConv2D, GlobalAveragePool } from '@asc/layers';
import { input, layers, model, type SymbolicTensor } from '@tensorflow/tfjs-layers';
import type { ModelPreset, SceneModel, SceneModelConfig } from './scene-model.js';

const BASE = 32;
const MULTIPLIER = 1.8;
const EXPANSION = 2.1;
const BLOCKS = [3, 2, 1];
const STRIDES: Readonly<Record<string, [number, number]>> = { b3: [1, 2], b4: [2, 1] };

/** The multiple of 8 nearest to `value`, one more where rounding down would lose over 10 %. */
function roundChannels(value: number): number {
  const rounded = Math.max(8, Math.floor((value + 4) / 8) * 8);
  return rounded < 0.9 * value ? rounded + 8 : rounded;
}

/** BN, then ReLU unless `linear`. */
function normalise(x: SymbolicTensor, name: string, linear = false): SymbolicTensor {
  const y = new BatchNorm({ name: `${name}_norm` }).apply(x);
  return linear ? y : relu(y, name);
}

function relu(x: SymbolicTensor, name: string): SymbolicTensor {
  return layers.reLU({ name: `${name}_relu` }).apply(x) as SymbolicTensor;
}

function conv(x: SymbolicTensor, name: string, filters: number, kernelSize: number, seed: number): SymbolicTensor {
  const three = kernelSize === 3;
  return new Conv2D({
    name: `${name}_conv`,
    filters,
    kernelSize,
    strides: three ? 2 : 1,
    padding: three ? [1, 1, 1, 1] : 'valid',
    useBias: false,
    kernelLaw: 'kaiming-normal-fan-out',
    seed,
  }).apply(x);
}

/** Inverted bottleneck: 1×1 expand, 3×3 depthwise, 1×1 project; plus the (pooled) input where channels agree; ReLU. */
function block(x: SymbolicTensor, name: string, filters: number, seed: number): SymbolicTensor {
  const channels = x.shape[3]!;
  const strides = STRIDES[name] ?? [1, 1];
  const expanded = normalise(conv(x, `${name}_expand`, roundChannels(channels * EXPANSION), 1, seed), `${name}_expand`);
  const depth = new DepthwiseConv2D({
    name: `${name}_depth_conv`,
    kernelSize: 3,
    strides,
    padding: [1, 1, 1, 1],
    useBias: false,
    kernelLaw: 'kaiming-normal-fan-out',
    seed,
  }).apply(expanded);
  const projected = conv(normalise(depth, `${name}_depth`), `${name}_project`, filters, 1, seed);
  const linear = normalise(projected, `${name}_project`, true);
  if (channels !== filters) return relu(linear, name);
  const strided = strides[0] * strides[1] > 1;
  const shortcut = strided
    ? new AveragePool2D({ name: `${name}_shortcut`, poolSize: 3, strides, padding: [1, 1, 1, 1] }).apply(x)
    : x;
  return relu(layers.add({ name: `${name}_add` }).apply([linear, shortcut]) as SymbolicTensor, name);
}

/** Builds the network. (B, F, T, C) → scene logits (B, Y). @throws UsageError when asked for an abstract branch. */
export function dcase2024(config: SceneModelConfig): SceneModel {
  const { seed, classes, abstractClasses, bands, frames, channels } = config;
  if (abstractClasses > 0) {
    throw new UsageError({
      what: 'Model "dcase2024" has no abstract branch.',
      expected: 'abstractClasses 0',
      received: `${abstractClasses}`,
      hint: 'Use "amfm-small" for multi-task learning.',
    });
  }
  const features = input({ shape: [bands, frames, channels], name: 'features' });
  let x = normalise(conv(features, 'in1', BASE / 4, 3, seed), 'in1');
  x = normalise(conv(x, 'in2', BASE, 3, seed), 'in2');
  let index = 0;
  for (const [stage, blocks] of BLOCKS.entries()) {
    const filters = roundChannels(BASE * MULTIPLIER ** stage);
    for (let i = 0; i < blocks; i++) x = block(x, `b${++index}`, filters, seed);
  }
  const scores = normalise(conv(x, 'scores', classes, 1, seed), 'scores', true);
  const scene = new GlobalAveragePool({ name: 'scene' }).apply(scores);
  const name = 'dcase2024';
  return {
    name,
    config,
    training: model({ name, inputs: features, outputs: [scene] }),
    deployed: model({ name: `${name}-deployed`, inputs: features, outputs: scene }),
    outputs: ['scene'],
  };
}

export const DCASE_2024: ModelPreset = {
  name: 'dcase2024',
  paper: 'Schmid et al. 2024, DCASE 2024 Task 1 baseline (CP-Mobile without GRN)',
  config: { seed: 0, classes: 10, abstractClasses: 0, bands: 256, frames: 65, channels: 1 },
  clipSamples: 32_000,
  frontEnd: 'dcase2024',
  published: [
    { what: 'parameters', value: 61_148, match: 'exact', note: 'per layer, from the baseline repository' },
    { what: 'MACs of 1 s', value: 29_419_156, match: 'exact', note: 'per layer, from the baseline repository' },
  ],
  build: dcase2024,
};
