import * as tf from '@tensorflow/tfjs-core';

/** Below every posterior that float32 can tell from 0, so that 0·ln 0 is 0. */
const TINY = 1e-37;

/**
 * Kullback–Leibler divergence of a student from given posteriors, averaged over the batch:
 * Σ_y q·(ln q − log softmax(logits / temperature)). Both (B, Y); returns (). The posteriors are taken to be at that
 * temperature already.
 *
 * Its gradient is that of the soft cross-entropy −Σ q·log p, which is larger by the entropy of q.
 *
 * Source: torch `kl_div(log_softmax(logits / T), q, reduction='batchmean')`.
 */
export function klDivergence(logits: tf.Tensor, posteriors: tf.Tensor, temperature: number): tf.Scalar {
  const own = tf.logSoftmax(temperature === 1 ? logits : tf.div(logits, temperature), 1);
  const given = tf.log(tf.maximum(posteriors, TINY));
  return tf.mean(tf.sum(tf.mul(posteriors, tf.sub(given, own)), 1));
}
