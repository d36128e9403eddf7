import * as tf from '@tensorflow/tfjs-core';

/**
 * Mean over all elements of −t·ln σ(z) − (1 − t)·ln(1 − σ(z)), logits z and targets t of one shape; returns (). Written as
 * max(z, 0) − z·t + ln(1 + e^−|z|), which no logit overflows.
 */
export function binaryCrossEntropy(logits: tf.Tensor, targets: tf.Tensor): tf.Scalar {
  const rest = tf.log1p(tf.exp(tf.neg(tf.abs(logits))));
  return tf.mean(tf.add(tf.sub(tf.relu(logits), tf.mul(logits, targets)), rest));
}
