import { layers, type SymbolicTensor } from '@tensorflow/tfjs-layers';
import { BatchNorm } from './batch-norm.js';
import { Conv2D } from './conv2d.js';
import { MaxFeatureMap } from './max-feature-map.js';
import { SqueezeExcitation } from './squeeze-excitation.js';

/** A convolution that keeps the size but for its strides: a plain 3×3 one, or `lowRankConv`. */
export type ResidualConv = (
  x: SymbolicTensor,
  config: { name: string; filters: number; strides: number; seed: number },
) => SymbolicTensor;

/** Channels, convolutions, strides and gate of an {@link mfmResidual} block. */
export interface MfmResidualConfig {
  /** Prefix of the layers' names. */
  name: string;
  /** Output channels. */
  filters: number;
  /** Makes the two convolutions, named `NAME_conv1` and `NAME_conv2`. */
  conv: ResidualConv;
  /** Of the first convolution and the shortcut, on both axes; default 1. */
  strides?: number;
  /** Of the squeeze and excitation; default 8. */
  reduction?: number;
  /** Default 0. */
  seed?: number;
}

/**
 * Residual block over max feature maps: MFM(SE(BN(conv₂(BN(MFM(conv₁(x)))))) + P·x), both convolutions to 2·filters
 * channels, P a biased 1×1 projection. (B, F, T, C) → (B, ⌈F/s⌉, ⌈T/s⌉, filters).
 *
 * A function of layers with plain weight names under `NAME_`. Source: Heo et al. (DCASE 2021 Task 1A), order as inferred.
 */
export function mfmResidual(
  x: SymbolicTensor,
  { name, filters, conv, strides = 1, reduction = 8, seed = 0 }: MfmResidualConfig,
): SymbolicTensor {
  const doubled = 2 * filters;
  const first = conv(x, { name: `${name}_conv1`, filters: doubled, strides, seed });
  const halved = new MaxFeatureMap({ name: `${name}_mfm1` }).apply(first);
  const normed = new BatchNorm({ name: `${name}_norm1` }).apply(halved);
  const second = conv(normed, { name: `${name}_conv2`, filters: doubled, strides: 1, seed });
  const normed2 = new BatchNorm({ name: `${name}_norm2` }).apply(second);
  const excited = new SqueezeExcitation({ name: `${name}_excitation`, reduction, seed }).apply(normed2);
  const projection = new Conv2D({ name: `${name}_shortcut`, filters: doubled, kernelSize: 1, strides, seed }).apply(x);
  const sum = layers.add({ name: `${name}_add` }).apply([excited, projection]) as SymbolicTensor;
  return new MaxFeatureMap({ name: `${name}_mfm2` }).apply(sum);
}
