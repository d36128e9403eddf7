import {
  type DType,
  DTYPE_ARRAYS,
  type NdArray,
  type NdArrays,
  type NdSpec,
  UsageError,
  checkShape,
  ndArray,
  sizeOf,
} from '@asc/core';
import { type Tensor, type Variable, tensor, tidy } from '@tensorflow/tfjs-core';

/** A tensor's numbers, as tfjs holds them where it can: to be read only. */
export function tensorNumbers(source: Tensor): NdArray {
  const dtype = source.dtype as DType;
  const data = source.dataSync();
  // A cast of whole numbers to float32 leaves tfjs with an Int32Array.
  const numbers = data instanceof DTYPE_ARRAYS[dtype] ? data : DTYPE_ARRAYS[dtype].from(data);
  return ndArray(dtype as 'float32', [...source.shape], numbers as Float32Array);
}

/** A copy of a tensor's numbers. */
export function readTensor(source: Tensor): NdArray {
  const array = tensorNumbers(source);
  return { ...array, data: array.data.slice() };
}

/** A tensor of its own: tfjs would go on using the array it is given. */
export function copyToTensor(array: NdArray): Tensor {
  return tensor(array.data.slice(), [...array.shape], array.dtype);
}

/** Gives a variable new numbers. */
export function writeVariable(variable: Variable, array: NdArray): void {
  tidy(() => variable.assign(copyToTensor(array)));
}

/** Refuses an array that cannot replace `current`. */
export function checkState(name: string, array: NdArray, current: NdArray | undefined): void {
  if (current === undefined) throw new UsageError({ what: `The step has no state '${name}'.` });
  checkArray(`State '${name}'`, array, current);
}

/** Refuses arrays that are not the inputs of a step. */
export function checkInputs(inputs: NdArrays, specs: Readonly<Record<string, NdSpec>>): void {
  for (const name of new Set([...Object.keys(inputs), ...Object.keys(specs)])) {
    const spec = specs[name];
    const array = inputs[name];
    if (spec === undefined || array === undefined) {
      throw new UsageError({
        what: 'The arrays given are not the inputs of the step.',
        expected: Object.keys(specs).join(', ') || 'none',
        received: Object.keys(inputs).join(', ') || 'none',
      });
    }
    checkArray(`Input '${name}'`, array, spec);
  }
}

function checkArray(what: string, array: NdArray, spec: NdSpec): void {
  if (array.dtype !== spec.dtype) {
    throw new UsageError({ what: `${what} has the wrong type.`, expected: spec.dtype, received: array.dtype });
  }
  checkShape(what, array.shape, spec.shape);
  if (array.data.length !== sizeOf(spec.shape)) {
    throw new UsageError({
      what: `${what} does not have as many values as its shape says.`,
      expected: String(sizeOf(spec.shape)),
      received: String(array.data.length),
    });
  }
}

export function releasedError(): UsageError {
  return new UsageError({ what: 'This step was released.', hint: 'Compile the function again.' });
}
