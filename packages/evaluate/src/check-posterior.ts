import { describeValue, UsageError } from '@asc/core';

/** How far a posterior's sum may be from 1: covers softmax computed in half precision (2^-11) with room to spare. */
export const SUM_TOLERANCE = 1e-3;

/**
 * Refuses anything but a posterior over `classes` classes. `owner` names it in the message, e.g. `Clip "a.wav"`.
 *
 * @throws UsageError for a wrong length, NaN, infinite or negative numbers, and a sum that is not 1 within 0.001.
 */
export function checkPosterior(owner: string, posterior: ArrayLike<number>, classes: number): void {
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
      fail(
        'probabilities from 0 to 1',
        `${String(p)} at index ${i}`,
        'Raw scores become probabilities with softmax().',
      );
    }
    sum += p ?? 0;
  }
  if (Math.abs(sum - 1) > SUM_TOLERANCE) {
    fail(`a sum of 1 within ${SUM_TOLERANCE}`, `a sum of ${sum}`, 'Raw scores become probabilities with softmax().');
  }
}
