import type { PruningConfig } from './recipe/pruning-schema.js';

/**
 * The sparsity to reach at the beginning of `epoch`, counted from 0: s·(1 − (1 − t)³), where t runs from 0 to 1 between the two
 * epochs of the recipe; `undefined` where masks stay as they are. A single epoch prunes at once.
 *
 * Source: Zhu and Gupta, "To prune, or not to prune", 2017, equation 1, from an initial sparsity of 0.
 */
export function sparsityAt({ sparsity, fromEpoch, toEpoch }: PruningConfig, epoch: number): number | undefined {
  if (epoch < fromEpoch || epoch > toEpoch) return undefined;
  const progress = toEpoch === fromEpoch ? 1 : (epoch - fromEpoch) / (toEpoch - fromEpoch);
  return sparsity * (1 - (1 - progress) ** 3);
}
