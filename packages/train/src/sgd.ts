import { UsageError } from '@asc/core';
import * as tf from '@tensorflow/tfjs-core';
import type { Optimiser } from './optimiser.js';

export interface SgdConfig {
  /** Share of the last step kept in this one; 0 is plain descent. */
  readonly momentum: number;
  /** Look ahead along the momentum. */
  readonly nesterov: boolean;
  /** L2: added to the gradient. */
  readonly weightDecay: number;
}

/**
 * Stochastic gradient descent as PyTorch computes it: b ← μ·b + g; p ← p − lr·(nesterov ? g + μ·b : b).
 *
 * Source: `torch.optim.SGD`, dampening 0; Sutskever et al., 2013, in PyTorch's form (the learning rate is outside of b).
 */
export function sgd(config: SgdConfig): Optimiser {
  const { momentum, nesterov, weightDecay } = config;
  return {
    slots: momentum === 0 ? [] : ['momentum'],
    scalarNames: ['learningRate'],
    scalars: (_step, learningRate) => ({ learningRate }),
    update({ parameters, gradients, slots, scalars }) {
      const { learningRate } = scalars;
      if (!learningRate) throw new UsageError({ what: 'SGD misses its learning rate.' });
      const g = weightDecay === 0 ? gradients : tf.add(gradients, tf.mul(parameters, weightDecay));
      if (momentum === 0) return { parameters: tf.sub(parameters, tf.mul(g, learningRate)), slots: {} };
      const last = slots['momentum'];
      if (!last) throw new UsageError({ what: 'SGD misses its momentum.' });
      const velocity = tf.add(tf.mul(last, momentum), g);
      const direction = nesterov ? tf.add(g, tf.mul(velocity, momentum)) : velocity;
      return { parameters: tf.sub(parameters, tf.mul(direction, learningRate)), slots: { momentum: velocity } };
    },
  };
}
