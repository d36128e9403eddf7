import {
  checkFinite,
  float32Data,
  ndArray,
  UsageError,
  type NdArray,
  type NdArrays,
  type Rng,
  type TypedNdArray,
} from '@asc/core';

/**
 * Mixes every clip of a batch with another of the same batch: x[i] ← λ·x[i] + (1 − λ)·x[order[i]], with one
 * λ ~ Beta(alpha, alpha) and one random order for the whole batch, shared by all arrays, so that features and (soft, float32)
 * labels stay together. Each array is (B, …); the result has new arrays under the same names. An `alpha` of 0 is off: copies.
 * Source: Zhang and others, "mixup: beyond empirical risk minimization", ICLR 2018.
 *
 * @throws UsageError for no arrays, arrays that are not float32 or have different B, and `alpha` below 0.
 */
export function mixup<T extends NdArrays>(
  batch: T,
  alpha: number,
  rng: Rng,
): { readonly [K in keyof T]: TypedNdArray<'float32'> } {
  checkFinite('alpha of mixup', alpha, { min: 0 });
  const size = batchSize(batch);
  const lambda = alpha === 0 ? 1 : rng.beta(alpha, alpha);
  const order = alpha === 0 ? new Int32Array(size) : rng.permutation(size);
  const entries = Object.entries(batch).map(([name, array]) => [name, mix(name, array, lambda, order)] as const);
  return Object.fromEntries(entries) as { [K in keyof T]: TypedNdArray<'float32'> };
}

/** B, which all arrays must share. */
function batchSize(batch: NdArrays): number {
  const [first, ...rest] = Object.entries(batch);
  const size = first?.[1].shape[0];
  if (first === undefined || size === undefined) {
    throw new UsageError({
      what: 'There is nothing to mix.',
      expected: 'named arrays of shape (B, …)',
      received: first === undefined ? 'no arrays' : `"${first[0]}" of shape ()`,
    });
  }
  for (const [name, { shape }] of rest) {
    if (shape[0] === size) continue;
    throw new UsageError({
      what: `"${name}" is not of the same batch as "${first[0]}".`,
      expected: `shape (${size}, …)`,
      received: `(${shape.join(', ')})`,
    });
  }
  return size;
}

function mix(name: string, array: NdArray, lambda: number, order: Int32Array): TypedNdArray<'float32'> {
  if (array.dtype !== 'float32') {
    throw new UsageError({
      what: `"${name}" cannot be mixed.`,
      expected: 'float32',
      received: array.dtype,
      hint: 'Give labels as one-hot float32 rows, so that a mixture of two labels exists.',
    });
  }
  const data = float32Data(`"${name}"`, array);
  const out = data.slice();
  // λ = 1 keeps every clip as it is, even beside one with infinite numbers (0 · ∞ is not 0).
  if (lambda === 1) return ndArray('float32', array.shape, out);
  const length = data.length / order.length;
  order.forEach((other, clip) => {
    for (let at = clip * length, from = other * length, end = at + length; at < end; at++, from++) {
      out[at] = lambda * data[at]! + (1 - lambda) * data[from]!;
    }
  });
  return ndArray('float32', array.shape, out);
}
