import * as tf from '@tensorflow/tfjs-core';

/**
 * Mean focal loss of soft labels: −Σ_y target·(1 − p)^γ·log p, p = softmax(logits), averaged over the batch. Both (B, Y);
 * returns (). A `gamma` of 0 is the cross-entropy.
 *
 * Source: Lin and others, "Focal loss for dense object detection", ICCV 2017, over the classes of a softmax.
 */
export function focalLoss(logits: tf.Tensor, targets: tf.Tensor, gamma: number): tf.Scalar {
  const logP = tf.logSoftmax(logits, 1);
  // Where a class is certain, rounding may leave nothing or less of 1 − p, and a power of it no finite slope.
  const doubt = tf.maximum(tf.sub(1, tf.exp(logP)), 1e-7);
  return tf.neg(tf.mean(tf.sum(tf.mul(tf.mul(targets, tf.pow(doubt, gamma)), logP), 1)));
}
