import * as tf from '@tensorflow/tfjs-core';
import type { Optimiser } from './optimiser.js';

/** Kept from PyTorch: what its norm is enlarged by before dividing. */
const NORM_EPSILON = 1e-6;

/**
 * An optimiser whose gradient, all parameters together, is shortened to the length `max` where it is longer.
 *
 * Source: Pascanu et al., 2013; `torch.nn.utils.clip_grad_norm_` with the 2-norm: g·min(1, max/(‖g‖ + 1e-6)).
 */
export function clipByNorm(inner: Optimiser, max: number): Optimiser {
  return withGradients(inner, (gradients) => {
    const norm = tf.sqrt(tf.sum(tf.mul(gradients, gradients)));
    return tf.mul(gradients, tf.minimum(tf.div(max, tf.add(norm, NORM_EPSILON)), 1));
  });
}

/** An optimiser that sees every gradient within −max … max. Source: `torch.nn.utils.clip_grad_value_`. */
export function clipByValue(inner: Optimiser, max: number): Optimiser {
  return withGradients(inner, (gradients) => tf.clipByValue(gradients, -max, max));
}

function withGradients(inner: Optimiser, change: (gradients: tf.Tensor) => tf.Tensor): Optimiser {
  return { ...inner, update: (given) => inner.update({ ...given, gradients: change(given.gradients) }) };
}
