import { UsageError } from '@asc/core';
import * as tf from '@tensorflow/tfjs-core';
import { adam } from './adam.js';
import type { Optimiser } from './optimiser.js';

export interface AdamWConfig {
  readonly beta1: number;
  readonly beta2: number;
  /** Added to the root of the second moment, after its bias correction. */
  readonly epsilon: number;
  /** Share of a parameter lost at each step, a multiple of the learning rate. */
  readonly weightDecay: number;
}

/**
 * Adam with decoupled weight decay, as PyTorch computes it: p ← p·(1 − lr·λ), then Adam's step with the gradient alone.
 *
 * Source: Loshchilov and Hutter, 2019; `torch.optim.AdamW`.
 */
export function adamW(config: AdamWConfig): Optimiser {
  const { weightDecay, ...moments } = config;
  const inner = adam({ ...moments, weightDecay: 0 });
  return {
    slots: inner.slots,
    scalarNames: [...inner.scalarNames, 'kept'],
    scalars: (step, learningRate) => ({
      ...inner.scalars(step, learningRate),
      kept: 1 - learningRate * weightDecay,
    }),
    update(given) {
      const { kept } = given.scalars;
      if (!kept) throw new UsageError({ what: 'AdamW misses a scalar.' });
      return inner.update({ ...given, parameters: tf.mul(given.parameters, kept) });
    },
  };
}
