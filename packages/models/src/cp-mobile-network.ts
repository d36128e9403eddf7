import { AveragePool2D, BatchNorm, Conv2D, DepthwiseConv2D, GlobalAveragePool } from '@asc/layers';
import { layers, type SymbolicTensor } from '@tensorflow/tfjs-layers';
import type { SceneModel, SceneModelConfig } from './scene-model.js';
import { singleTask } from './single-task.js';

const BASE = 32;
const BLOCKS = [3, 2, 1];

/** What the members of the CP-Mobile family differ in. */
export interface CpMobileVariant {
  readonly name: string;
  /** Width of a stage over the width of the one before. */
  readonly multiplier: number;
  /** Width inside a block over the width before it. */
  readonly expansion: number;
  /** Strides [frequency, time] of blocks b1 to b6 where they are not 1. */
  readonly strides: Readonly<Record<string, readonly [number, number]>>;
  /** What follows the sum of a block, before its last ReLU: (B, F, T, C) → same. */
  readonly afterSum?: (x: SymbolicTensor, block: string) => SymbolicTensor;
}

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
function block(
  x: SymbolicTensor,
  name: string,
  filters: number,
  variant: CpMobileVariant,
  seed: number,
): SymbolicTensor {
  const channels = x.shape[3]!;
  const strides = variant.strides[name] ?? [1, 1];
  const width = roundChannels(channels * variant.expansion);
  const expanded = normalise(conv(x, `${name}_expand`, width, 1, seed), `${name}_expand`);
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
  const finish = (sum: SymbolicTensor): SymbolicTensor => relu(variant.afterSum?.(sum, name) ?? sum, name);
  if (channels !== filters) return finish(linear);
  const strided = strides[0] * strides[1] > 1;
  const shortcut = strided
    ? new AveragePool2D({ name: `${name}_shortcut`, poolSize: 3, strides, padding: [1, 1, 1, 1] }).apply(x)
    : x;
  return finish(layers.add({ name: `${name}_add` }).apply([linear, shortcut]) as SymbolicTensor);
}

/**
 * The family's common trunk: two strided 3×3 convolutions to 8 and 32 channels, stages of 3, 2 and 1 inverted bottlenecks, a
 * 1×1 convolution to class scores with batch norm, and their mean over the map. (B, F, T, C) → scene logits (B, Y).
 *
 * @throws UsageError when asked for an abstract branch.
 */
export function cpMobileNetwork(config: SceneModelConfig, variant: CpMobileVariant): SceneModel {
  const { seed, classes } = config;
  return singleTask(variant.name, config, (features) => {
    let x = normalise(conv(features, 'in1', BASE / 4, 3, seed), 'in1');
    x = normalise(conv(x, 'in2', BASE, 3, seed), 'in2');
    let index = 0;
    for (const [stage, blocks] of BLOCKS.entries()) {
      const filters = roundChannels(BASE * variant.multiplier ** stage);
      for (let i = 0; i < blocks; i++) x = block(x, `b${++index}`, filters, variant, seed);
    }
    const scores = normalise(conv(x, 'scores', classes, 1, seed), 'scores', true);
    return new GlobalAveragePool({ name: 'scene' }).apply(scores);
  });
}
