import type { NdArrays } from '@asc/core';

/** The first array that holds NaN or an infinity, and how many; `undefined` where all numbers are finite. */
export function findNonFinite(arrays: NdArrays): { readonly name: string; readonly count: number } | undefined {
  for (const [name, { data }] of Object.entries(arrays)) {
    let count = 0;
    for (const value of data) if (!Number.isFinite(value)) count++;
    if (count > 0) return { name, count };
  }
  return undefined;
}
