import { BatchNorm, MaxPool2D, type CbamConfig } from '@asc/layers';
import type { SymbolicTensor } from '@tensorflow/tfjs-layers';
import { convUnit, type Activation } from './conv-unit.js';

/** What ends a group: `cbam`, `attentiveMaxFeatureMap`, or nothing. (B, F, T, C) → same. */
export type Attend = (x: SymbolicTensor, config: CbamConfig) => SymbolicTensor;

/** Width, activation and attention of a {@link convGroup}. */
export interface ConvGroupConfig {
  readonly name: string;
  /** Channels of the output. */
  readonly width: number;
  readonly seed: number;
  readonly activation: Activation;
  readonly attend: Attend;
}

const REDUCTION = 16;

/**
 * 1×1 unit C → C, BN, 3×3 unit C → width, attention: (B, F, T, C) → (B, F, T, width).
 *
 * Source: Shim, Jung, Kim, Yu (2022), after the groups of Light CNN (Wu et al. 2018). CBAM reduces by 16.
 */
export function convGroup(x: SymbolicTensor, config: ConvGroupConfig): SymbolicTensor {
  const { name, width, seed, activation, attend } = config;
  const filters = x.shape[3]!;
  const squeezed = convUnit(x, {
    name: `${name}_squeeze`,
    filters,
    kernelSize: [1, 1],
    padding: 'valid',
    seed,
    activation,
  });
  const expanded = convUnit(batchNorm(squeezed, `${name}_squeeze_norm`), {
    name: `${name}_expand`,
    filters: width,
    kernelSize: [3, 3],
    padding: [1, 1, 1, 1],
    seed,
    activation,
  });
  return attend(expanded, { name: `${name}_attention`, reduction: REDUCTION, seed });
}

/** (B, F, T, C) → same. */
export function batchNorm(x: SymbolicTensor, name: string): SymbolicTensor {
  return new BatchNorm({ name }).apply(x);
}

/** (B, F, T, C) → (B, ⌈F/2⌉, ⌈T/2⌉, C). */
export function halve(x: SymbolicTensor, name: string): SymbolicTensor {
  return new MaxPool2D({ name, poolSize: 2, ceilMode: true }).apply(x);
}
