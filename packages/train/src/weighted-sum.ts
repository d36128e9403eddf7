import * as tf from '@tensorflow/tfjs-core';

/** Σ weight·term of scalars; a term of weight 0 is left out, and with it its gradient. */
export function weightedSum(terms: readonly (readonly [term: tf.Scalar, weight: number])[]): tf.Scalar {
  const counted = terms
    .filter(([, weight]) => weight !== 0)
    .map(([term, weight]) => (weight === 1 ? term : tf.mul<tf.Scalar>(term, weight)));
  const [first, ...rest] = counted;
  if (first === undefined) return tf.scalar(0);
  return rest.reduce((sum, term) => tf.add(sum, term), first);
}
