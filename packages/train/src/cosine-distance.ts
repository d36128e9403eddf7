import * as tf from '@tensorflow/tfjs-core';

/** Keeps the distance from a vector of zeros finite, as in torch. */
const EPSILON = 1e-12;

/**
 * 1 − cos of the angle between vectors, averaged over the batch. Both (B, H); returns (). A vector's distance from itself is
 * exactly 0: the root of a square is exact.
 *
 * Source: torch `cosine_embedding_loss` with a target of 1.
 */
export function cosineDistance(a: tf.Tensor, b: tf.Tensor): tf.Scalar {
  const dot = (x: tf.Tensor, y: tf.Tensor) => tf.sum(tf.mul(x, y), 1);
  const lengths = tf.sqrt(tf.mul(tf.add(dot(a, a), EPSILON), tf.add(dot(b, b), EPSILON)));
  return tf.mean(tf.sub(1, tf.div(dot(a, b), lengths)));
}
