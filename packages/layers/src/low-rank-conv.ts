import type { SymbolicTensor } from '@tensorflow/tfjs-layers';
import { Conv2D } from './conv2d.js';
import { pairOf } from './window.js';

/** Channels, strides and seed of the two convolutions of {@link lowRankConv}. */
export interface LowRankConvConfig {
  /** Prefix of the layers' names. */
  name: string;
  /** Channels between the two convolutions. */
  rank: number;
  /** Output channels. */
  filters: number;
  /** [frequency, time] or one number for both; default 1. */
  strides?: number | readonly number[];
  /** Default 0. */
  seed?: number;
}

/**
 * A 3×3 convolution decomposed along its two axes: 3×1 to `rank` channels, then 1×3 to `filters`, both with bias, zero
 * padding 1 and nothing between. (B, F, T, C) → (B, ⌈F/s⌉, ⌈T/s⌉, filters).
 *
 * A function of layers with plain weight names: `NAME_frequency/…`, `NAME_time/…`. It has
 * 3·C·rank + rank + 3·rank·filters + filters parameters. Source: Heo et al. (DCASE 2021 Task 1A), as inferred there.
 */
export function lowRankConv(
  x: SymbolicTensor,
  { name, rank, filters, strides = 1, seed = 0 }: LowRankConvConfig,
): SymbolicTensor {
  const [alongF, alongT] = pairOf('strides', strides);
  const frequency = new Conv2D({
    name: `${name}_frequency`,
    filters: rank,
    kernelSize: [3, 1],
    strides: [alongF, 1],
    padding: [1, 1, 0, 0],
    seed,
  }).apply(x);
  return new Conv2D({
    name: `${name}_time`,
    filters,
    kernelSize: [1, 3],
    strides: [1, alongT],
    padding: [0, 0, 1, 1],
    seed,
  }).apply(frequency);
}
