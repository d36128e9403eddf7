import { UsageError } from '@asc/core';
import * as tf from '@tensorflow/tfjs-core';
import type { Optimiser } from './optimiser.js';

export interface AdamConfig {
  readonly beta1: number;
  readonly beta2: number;
  /** Added to the root of the second moment, after its bias correction. */
  readonly epsilon: number;
  /** L2: added to the gradient, not decoupled. */
  readonly weightDecay: number;
}

/**
 * Adam as PyTorch computes it: m ← m + (1−β₁)(g−m); v ← β₂·v + (1−β₂)·g²; p ← p − lr/(1−β₁ᵗ) · m / (√v/√(1−β₂ᵗ) + ε).
 *
 * Source: Kingma and Ba, 2015; `torch.optim.Adam`. The bias corrections are step inputs: 1−0.999ᵗ in single precision would
 * lose four digits at the first steps.
 */
export function adam(config: AdamConfig): Optimiser {
  const { beta1, beta2, epsilon, weightDecay } = config;
  return {
    slots: ['firstMoment', 'secondMoment'],
    scalarNames: ['stepSize', 'rootCorrection'],
    scalars: (step, learningRate) => ({
      stepSize: learningRate / (1 - beta1 ** (step + 1)),
      rootCorrection: 1 / Math.sqrt(1 - beta2 ** (step + 1)),
    }),
    update({ parameters, gradients, slots, scalars }) {
      const { firstMoment: m, secondMoment: v } = slots;
      const { stepSize, rootCorrection } = scalars;
      if (!m || !v || !stepSize || !rootCorrection) throw new UsageError({ what: 'Adam misses a slot or a scalar.' });
      const g = weightDecay === 0 ? gradients : tf.add(gradients, tf.mul(parameters, weightDecay));
      const firstMoment = tf.add(m, tf.mul(tf.sub(g, m), 1 - beta1));
      const secondMoment = tf.add(tf.mul(v, beta2), tf.mul(tf.mul(g, g), 1 - beta2));
      const scale = tf.add(tf.mul(tf.sqrt(secondMoment), rootCorrection), epsilon);
      return {
        parameters: tf.sub(parameters, tf.mul(tf.div(firstMoment, scale), stepSize)),
        slots: { firstMoment, secondMoment },
      };
    },
  };
}
