import type { DType } from '@asc/core';

export { sizeOf } from '@asc/core';

/**
 * How a rank-4 value lies in memory. tfjs is channels-last; ONNX convolutions are channels-first. A value keeps its
 * logical (B, F, T, C) shape and remembers its physical order, so that a Transpose is only emitted where an op cannot
 * follow the order it finds.
 */
export type Layout = 'plain' | 'channels-first';

/** A named result in the graph under construction. `shape` is logical. */
export interface Value {
  readonly name: string;
  readonly shape: readonly number[];
  readonly dtype: DType;
  readonly layout: Layout;
}

/** Numbers known while tracing. */
export interface Constant {
  readonly data: Float32Array | Int32Array | Uint8Array;
  readonly shape: readonly number[];
  readonly dtype: DType;
}

const TO_PHYSICAL = [0, 2, 3, 1] as const;

/** Physical position of a logical axis. */
export function physicalAxis(layout: Layout, axis: number): number {
  return layout === 'plain' ? axis : TO_PHYSICAL[axis as 0 | 1 | 2 | 3];
}

/** Shape in memory order. */
export function physicalShape(value: Pick<Value, 'shape' | 'layout'>): number[] {
  const [b, f, t, c] = value.shape;
  return value.layout === 'plain' ? [...value.shape] : [b!, c!, f!, t!];
}

export function sameShape(a: readonly number[], b: readonly number[]): boolean {
  return a.length === b.length && a.every((d, i) => d === b[i]);
}
