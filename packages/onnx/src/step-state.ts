import { type NdArray, UsageError, checkShape, ndArray } from '@asc/core';
import { type Variable, tensor, tidy } from '@tensorflow/tfjs-core';

/** A copy of a variable's numbers. */
export function readVariable(variable: Variable): NdArray {
  const dtype = variable.dtype as 'float32';
  return ndArray(dtype, [...variable.shape], variable.dataSync<'float32'>().slice());
}

/** Gives a variable new numbers. */
export function writeVariable(variable: Variable, array: NdArray): void {
  tidy(() => variable.assign(tensor(array.data, [...array.shape], array.dtype)));
}

/** Refuses an array that cannot replace `current`. */
export function checkState(name: string, array: NdArray, current: NdArray | undefined): void {
  if (current === undefined) throw new UsageError({ what: `The step has no state '${name}'.` });
  if (array.dtype !== current.dtype) {
    throw new UsageError({
      what: `State '${name}' has the wrong type.`,
      expected: current.dtype,
      received: array.dtype,
    });
  }
  checkShape(`state '${name}'`, array.shape, current.shape);
}
