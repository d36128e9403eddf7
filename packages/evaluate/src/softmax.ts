import { UsageError } from '@asc/core';

/**
 * Posterior of raw scores: p[i] = exp(z[i]) / Σ exp(z[j]), shifted by the largest score so that nothing overflows.
 *
 * @throws UsageError for no scores, or one that is NaN or infinite.
 */
export function softmax(logits: ArrayLike<number>): number[] {
  const scores = Array.from(logits);
  const bad = scores.findIndex((score) => !Number.isFinite(score));
  if (scores.length === 0 || bad !== -1) {
    throw new UsageError({
      what: 'softmax() cannot turn these scores into a posterior.',
      expected: 'at least one score, all finite',
      received: bad === -1 ? 'none' : `${String(scores[bad])} at index ${bad}`,
    });
  }
  const top = scores.reduce((most, score) => Math.max(most, score), -Infinity);
  const powers = scores.map((score) => Math.exp(score - top));
  const total = powers.reduce((sum, power) => sum + power, 0);
  return powers.map((power) => power / total);
}
