import { UsageError, type NdArray, type NdArrays } from '@asc/core';
import type { LayersModel } from '@tensorflow/tfjs-layers';
import { namedWeights } from './named-weights.js';
import { PRUNED } from './prune-updates.js';
import { sparsityAt } from './pruning-schedule.js';
import type { PruningConfig } from './recipe/pruning-schema.js';

/** A kernel and its place in the flat vector of trained weights. */
interface Kernel {
  readonly name: string;
  readonly begin: number;
  readonly size: number;
}

/** Takes weights out of a training state. */
export interface Pruner {
  /** The state at the beginning of `epoch`, the weights its schedule takes out at 0; the same state where it takes none. */
  prune(state: NdArrays, epoch: number): NdArrays;
}

/**
 * Prunes by magnitude: the smallest weights of the trained kernels (weights of more than one axis: convolutions and dense
 * layers, no biases, no norms) go to 0, round(sparsity · count) of them; those at 0 already go first, then, of equal ones, the
 * earlier. So what was pruned stays pruned.
 *
 * @throws UsageError where the model has no trained kernel.
 */
export function createPruner(model: LayersModel, config: PruningConfig): Pruner {
  const { kernels, total } = kernelsOf(model);
  const groups = config.scope === 'global' ? [kernels] : kernels.map((kernel) => [kernel]);
  return {
    prune(state, epoch) {
      const sparsity = sparsityAt(config, epoch);
      if (sparsity === undefined) return state;
      const before = state[`optimiser/${PRUNED}`]?.data ?? new Float32Array(total);
      const mask = new Float32Array(total);
      for (const group of groups) markSmallest(group, state, before, sparsity, mask);
      const pruned = Object.fromEntries(kernels.map((kernel) => [kernel.name, without(kernel, state, mask)]));
      return { ...state, ...pruned, [`optimiser/${PRUNED}`]: { dtype: 'float32', shape: [total], data: mask } };
    },
  };
}

function kernelsOf(model: LayersModel): { readonly kernels: readonly Kernel[]; readonly total: number } {
  const kernels: Kernel[] = [];
  let total = 0;
  for (const { name, variable, trainable } of namedWeights(model)) {
    if (!trainable) continue;
    if (variable.rank > 1) kernels.push({ name, begin: total, size: variable.size });
    total += variable.size;
  }
  if (kernels.length === 0) {
    throw new UsageError({
      what: `The model "${model.name}" has nothing to prune.`,
      expected: 'a trained kernel: a weight of more than one axis',
      received: `${total} trained numbers in biases and norms`,
    });
  }
  return { kernels, total };
}

/** Marks the weights of `kernels` to take out by a 1 in `mask`. */
function markSmallest(
  kernels: readonly Kernel[],
  state: NdArrays,
  before: ArrayLike<number>,
  sparsity: number,
  mask: Float32Array,
): void {
  // Magnitudes end to end; what is out already is smaller than any.
  const ranks = kernels.map((kernel) =>
    numbersOf(kernel, state).map((value, i) => (before[kernel.begin + i] === 1 ? -1 : Math.abs(value))),
  );
  const sorted = new Float32Array(kernels.reduce((sum, { size }) => sum + size, 0));
  let filled = 0;
  for (const each of ranks) {
    sorted.set(each, filled);
    filled += each.length;
  }
  sorted.sort();
  const wanted = Math.round(sparsity * sorted.length);
  const limit = sorted[wanted - 1] ?? -Infinity;
  let atLimit = wanted - sorted.findIndex((rank) => rank >= limit);
  for (const [k, { begin }] of kernels.entries()) {
    ranks[k]?.forEach((rank, i) => {
      if (rank < limit || (rank === limit && atLimit-- > 0)) mask[begin + i] = 1;
    });
  }
}

function without(kernel: Kernel, state: NdArrays, mask: Float32Array): NdArray {
  const data = numbersOf(kernel, state).map((value, i) => (mask[kernel.begin + i] === 1 ? 0 : value));
  return { dtype: 'float32', shape: state[kernel.name]?.shape ?? [], data };
}

function numbersOf({ name }: Kernel, state: NdArrays): Float32Array {
  const data = state[name]?.data;
  if (data instanceof Float32Array) return data;
  throw new UsageError({ what: `The state to prune misses "${name}".`, received: Object.keys(state).join(', ') });
}
