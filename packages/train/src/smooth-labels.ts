import * as tf from '@tensorflow/tfjs-core';

/** Labels with `share` of them spread evenly over all classes: (1 − share)·t + share/Y. (B, Y) → (B, Y). */
export function smoothLabels(targets: tf.Tensor, share: number): tf.Tensor {
  const classes = targets.shape[1] as number;
  return tf.add(tf.mul(targets, 1 - share), share / classes);
}
