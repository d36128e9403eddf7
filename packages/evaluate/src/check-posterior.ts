import { describeValue, UsageError } from '@asc/core';

/** How far a posterior's sum may be from 1: covers softmax computed in half precision (2^-11) with room to spare. */
export const SUM_TOLERANCE = 1e-3;

const HINT = 'Raw scores become probabilities with softmax().';

/**
 * Refuses anything but a posterior over `classes` classes. `owner` names it in the message, e.g. `Clip "a.wav"`.
 *
 * @throws UsageError for a wrong length, NaN, infinite or negative numbers, and a sum that is not 1 within 0.001.
 */
export function checkPosterior(owner: string, posterior: ArrayLike<number>, classes: number): void {
  const sum = checkProbabilities(owner, posterior, classes);
  if (Math.abs(sum - 1) <= SUM_TOLERANCE) return;
  throw new UsageError({
    what: `${owner} has no valid posterior.`,
    expected: `a sum of 1 within ${SUM_TOLERANCE}`,
    received: `a sum of ${sum}`,
    hint: HINT,
  });
}

/**
 * Refuses anything but `classes` probabilities of their own, and gives their sum.
 *
 * @throws UsageError for a wrong length, NaN, infinite or negative numbers.
 */
export function checkProbabilities(owner: string, posterior: ArrayLike<number>, classes: number): number {
  const fail = (expected: string, received: string, hint?: string): never => {
    throw new UsageError({
      what: `${owner} has no valid posterior.`,
      expected,
      received,
      ...(hint === undefined ? {} : { hint }),
    });
  };
  if (typeof posterior !== 'object' || posterior === null) fail('an array of probabilities', describeValue(posterior));
  if (posterior.length !== classes) fail(`${classes} probabilities`, `${posterior.length}`);
  let sum = 0;
  for (let i = 0; i < classes; i++) {
    const p = posterior[i];
    if (typeof p !== 'number' || !Number.isFinite(p) || p < 0) {
      fail('probabilities from 0 to 1', `${String(p)} at index ${i}`, HINT);
    }
    sum += p ?? 0;
  }
  return sum;
}
