import { Conv2D, Dense, MaxFeatureMap, type Padding } from '@asc/layers';
import { layers, type SymbolicTensor } from '@tensorflow/tfjs-layers';

/** A non-linearity, and how many values it takes for each one it gives. */
export interface Activation {
  readonly takes: 1 | 2;
  readonly apply: (x: SymbolicTensor, name: string) => SymbolicTensor;
}

/** The larger of two channel halves. */
export const MAX_FEATURE_MAP: Activation = {
  takes: 2,
  apply: (x, name) => new MaxFeatureMap({ name: `${name}_mfm` }).apply(x),
};

/** max(x, 0). */
export const RELU: Activation = {
  takes: 1,
  apply: (x, name) => layers.reLU({ name: `${name}_relu` }).apply(x) as SymbolicTensor,
};

/** Slope 0.01 below zero, PyTorch's default. */
export const LEAKY_RELU: Activation = {
  takes: 1,
  apply: (x, name) => layers.leakyReLU({ name: `${name}_leaky_relu`, alpha: 0.01 }).apply(x) as SymbolicTensor,
};

/** Filters, window in bands and frames, and activation of a {@link convUnit}. */
export interface ConvUnitConfig {
  readonly name: string;
  /** Channels after the activation. */
  readonly filters: number;
  readonly kernelSize: [number, number];
  readonly padding: Padding;
  readonly seed: number;
  readonly activation: Activation;
}

/** Biased convolution and its activation: (B, F, T, C) → (B, F′, T′, filters). */
export function convUnit(x: SymbolicTensor, { filters, activation, ...conv }: ConvUnitConfig): SymbolicTensor {
  const { name } = conv;
  const linear = new Conv2D({ ...conv, name: `${name}_conv`, filters: filters * activation.takes }).apply(x);
  return activation.apply(linear, name);
}

/** Units and activation of a {@link denseUnit}. */
export interface DenseUnitConfig {
  readonly name: string;
  /** Values after the activation. */
  readonly units: number;
  readonly seed: number;
  readonly activation: Activation;
}

/** Dense layer and its activation: (B, C) → (B, units). */
export function denseUnit(x: SymbolicTensor, { name, units, seed, activation }: DenseUnitConfig): SymbolicTensor {
  const linear = new Dense({ name: `${name}_dense`, units: units * activation.takes, seed }).apply(x);
  return activation.apply(linear, name);
}
