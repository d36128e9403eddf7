import { checkNonNegativeInteger, checkOneOf } from './checks.js';
import { describeValue } from './describe-value.js';
import { UsageError } from './errors.js';
import type { DType, NdArray } from './types.js';

/** The typed array that holds elements of `D`. */
export type DataOf<D extends DType> = D extends 'float32' ? Float32Array : D extends 'int32' ? Int32Array : Uint8Array;

/** An {@link NdArray} whose element type is known. */
export interface TypedNdArray<D extends DType> extends NdArray {
  readonly dtype: D;
  readonly data: DataOf<D>;
}

/** The arrays that hold each type of number. */
export const DTYPE_ARRAYS = { float32: Float32Array, int32: Int32Array, bool: Uint8Array } as const;

/** Elements a typed array holds in every engine the toolkit runs in: 2^32. */
const MAX_SIZE = 2 ** 32;

/** Elements in an array of `shape`: the product of its sizes, 1 for a scalar `()`. */
export function sizeOf(shape: readonly number[]): number {
  return shape.reduce((size, axis) => size * axis, 1);
}

/**
 * An array of `shape` around `data` (shared, not copied), or of zeros where `data` is absent.
 *
 * @throws UsageError when a size is not an integer of at least 0, the array would be too large, or `data` has another type or length.
 */
export function ndArray<D extends DType>(dtype: D, shape: readonly number[], data?: DataOf<D>): TypedNdArray<D> {
  checkOneOf('dtype', dtype, ['float32', 'int32', 'bool']);
  for (const axis of shape) checkNonNegativeInteger('Every size of a shape', axis);
  const size = sizeOf(shape);
  if (size > MAX_SIZE) {
    throw new UsageError({
      what: `An array of shape (${shape.join(', ')}) is too large to hold.`,
      expected: `at most ${MAX_SIZE} elements`,
      received: describeValue(size),
    });
  }
  const holder = DTYPE_ARRAYS[dtype];
  const held = data ?? (new holder(size) as DataOf<D>);
  if (tagOf(held) !== holder.name || held.length !== size) {
    throw new UsageError({
      what: `The data does not fit a ${dtype} array of shape (${shape.join(', ')}).`,
      expected: `${holder.name} of length ${size}`,
      received: describeValue(held),
    });
  }
  return { dtype, shape: [...shape], data: held };
}

/**
 * The numbers of a float32 array.
 *
 * @throws UsageError for another element type.
 */
export function float32Data(name: string, array: NdArray): Float32Array {
  if (array.dtype === 'float32' && tagOf(array.data) === 'Float32Array') return array.data as Float32Array;
  throw new UsageError({ what: `${name} has the wrong element type.`, expected: 'float32', received: array.dtype });
}

/** The class of a typed array by tag, not instanceof: arrays from another realm (a sandbox, a frame) are welcome. */
function tagOf(value: unknown): string {
  return Object.prototype.toString.call(value).slice('[object '.length, -1);
}
