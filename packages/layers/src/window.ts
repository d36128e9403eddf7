import { checkPositiveInteger, checkNonNegativeInteger, describeValue, UsageError } from '@asc/core';

/** A pair for the frequency axis (F) and the time axis (T). */
export type Pair = readonly [frequency: number, time: number];

/** Explicit zero padding: values added at the low and high end of F, then of T. */
export type Padding4 = readonly [top: number, bottom: number, left: number, right: number];

/** `valid` pads nothing; `same` gives ⌈size/stride⌉ outputs with the odd value at the end (TensorFlow's rule). */
export type Padding = 'valid' | 'same' | Padding4;

/** One number for both axes, or a pair. @throws UsageError unless positive integers. */
export function pairOf(name: string, value: number | readonly number[]): [number, number] {
  const list = typeof value === 'number' ? [value, value] : value;
  if (!Array.isArray(list) || list.length !== 2) {
    throw new UsageError({
      what: `${name} is not valid.`,
      expected: 'a positive integer, or [frequency, time]',
      received: describeValue(value),
    });
  }
  return [checkPositiveInteger(name, list[0]), checkPositiveInteger(name, list[1])];
}

/** A checked padding. @throws UsageError. */
export function paddingOf(value: string | readonly number[]): 'valid' | 'same' | [number, number, number, number] {
  if (value === 'valid' || value === 'same') return value;
  if (!Array.isArray(value) || value.length !== 4) {
    throw new UsageError({
      what: 'padding is not valid.',
      expected: '"valid", "same" or [top, bottom, left, right]',
      received: describeValue(value),
    });
  }
  const [top, bottom, left, right] = value.map((size) => checkNonNegativeInteger('padding', size));
  return [top!, bottom!, left!, right!];
}

/** The form tfjs operations take. */
export function tfjsPad(
  padding: 'valid' | 'same' | readonly number[],
): 'valid' | 'same' | [[number, number], [number, number], [number, number], [number, number]] {
  if (typeof padding === 'string') return padding;
  const [top, bottom, left, right] = padding as unknown as Padding4;
  return [
    [0, 0],
    [top, bottom],
    [left, right],
    [0, 0],
  ];
}

/** Output sizes of a window sliding over (F, T); null stays null. @throws UsageError when the window does not fit. */
export function slideWindow(
  layerName: string,
  input: readonly [number | null, number | null],
  size: Pair,
  strides: Pair,
  padding: 'valid' | 'same' | readonly number[],
): [number | null, number | null] {
  const along = (axis: 0 | 1): number | null => {
    const length = input[axis];
    if (length === null) return null;
    if (padding === 'same') return Math.ceil(length / strides[axis]);
    const added = padding === 'valid' ? 0 : padding[2 * axis]! + padding[2 * axis + 1]!;
    const room = length + added - size[axis];
    if (room >= 0) return Math.floor(room / strides[axis]) + 1;
    throw new UsageError({
      what: `The window of layer "${layerName}" is larger than its padded input.`,
      expected: `at least ${size[axis]} ${axis === 0 ? 'bands' : 'frames'}`,
      received: `${length} + ${added} of padding`,
      hint: 'Use a larger input or a network with less pooling.',
    });
  };
  return [along(0), along(1)];
}
