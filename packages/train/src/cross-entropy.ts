import * as tf from '@tensorflow/tfjs-core';

/**
 * Mean cross-entropy of soft labels: −Σ_y target·log softmax(logits), averaged over the batch. Both (B, Y); returns ().
 *
 * Written on `tf.logSoftmax`: the losses of tfjs-layers clip the logits.
 */
export function crossEntropy(logits: tf.Tensor, targets: tf.Tensor): tf.Scalar {
  return tf.neg(tf.mean(tf.sum(tf.mul(targets, tf.logSoftmax(logits, 1)), 1)));
}
