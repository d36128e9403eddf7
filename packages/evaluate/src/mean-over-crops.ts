import { UsageError } from '@asc/core';
import { checkPosterior, checkProbabilities } from './check-posterior.js';

/**
 * One posterior for a clip from those of its crops: their mean, (crops, Y) to (Y); of `independent` probabilities, which need
 * not sum to 1, likewise.
 *
 * @throws UsageError for no crops, and for a crop that is not a posterior of the same length as the first.
 */
export function meanOverCrops(
  crops: readonly ArrayLike<number>[],
  { independent = false }: { readonly independent?: boolean } = {},
): number[] {
  const [first] = crops;
  if (crops.length === 0) {
    throw new UsageError({ what: 'There are no crops to average.', expected: 'at least one', received: 'none' });
  }
  const check = independent ? checkProbabilities : checkPosterior;
  crops.forEach((crop, i) => check(`Crop ${i}`, crop, first?.length ?? 0));
  return Array.from({ length: first?.length ?? 0 }, (_, y) => {
    return crops.reduce((sum, crop) => sum + (crop[y] ?? 0), 0) / crops.length;
  });
}
