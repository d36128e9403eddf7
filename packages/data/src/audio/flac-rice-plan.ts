/** Rice parameters of a residual: one a partition. */
export interface RicePlan {
  /** The block is cut into 2^order equal partitions. */
  order: number;
  readonly parameters: Uint8Array;
  /** Estimated size of the coded residual. */
  bits: number;
}

const MAX_ORDER = 6;
/** 31 would be the escape code of five-bit parameters. */
const MAX_PARAMETER = 30;

/**
 * Makes a planner of partitions: it fills `plan` with the partition order and parameters that make residual[order, n) shortest, by
 * the mean magnitude in each partition. A partition must be longer than the predictor.
 */
export function createRicePlanner(): (
  residual: Int32Array,
  predictorOrder: number,
  samples: number,
  plan: RicePlan,
) => void {
  const sums = new Float64Array(2 ** MAX_ORDER);
  const tried = new Uint8Array(2 ** MAX_ORDER);
  return (residual, predictorOrder, samples, plan) => {
    let order = 0;
    while (order < MAX_ORDER && samples % 2 ** (order + 1) === 0 && samples / 2 ** (order + 1) > predictorOrder)
      order++;
    const finest = samples / 2 ** order;
    for (let p = 0, at = predictorOrder; p < 2 ** order; p++) {
      let sum = 0;
      for (const end = (p + 1) * finest; at < end; at++) {
        const value = residual[at]!;
        sum += ((value << 1) ^ (value >> 31)) >>> 0;
      }
      sums[p] = sum;
    }
    plan.bits = Infinity;
    for (; ; order--) {
      const partitions = 2 ** order;
      const width = samples / partitions;
      let bits = 6;
      for (let p = 0; p < partitions; p++) {
        const count = p === 0 ? width - predictorOrder : width;
        const k = bestParameter(sums[p]!, count);
        tried[p] = k;
        bits += 5 + estimate(sums[p]!, count, k);
      }
      if (bits < plan.bits) {
        plan.bits = bits;
        plan.order = order;
        plan.parameters.set(tried.subarray(0, partitions));
      }
      if (order === 0) return;
      for (let p = 0; p < partitions / 2; p++) sums[p] = sums[2 * p]! + sums[2 * p + 1]!;
    }
  };
}

/** A plan to be filled. */
export function emptyRicePlan(): RicePlan {
  return { order: 0, parameters: new Uint8Array(2 ** MAX_ORDER), bits: Infinity };
}

/** Bits of `count` codes whose folded values add up to `sum`: what is cut off below 2^k averages to half of it. */
function estimate(sum: number, count: number, k: number): number {
  const scale = 2 ** k;
  return count * (k + 1) + Math.max(0, sum - (count * (scale - 1)) / 2) / scale;
}

function bestParameter(sum: number, count: number): number {
  if (count === 0 || sum === 0) return 0;
  const near = Math.min(MAX_PARAMETER, Math.max(0, Math.floor(Math.log2(sum / count))));
  return near > 0 && estimate(sum, count, near - 1) < estimate(sum, count, near) ? near - 1 : near;
}
