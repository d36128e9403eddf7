import { sizeOf } from '@asc/core';

/** The shape several shapes broadcast to, and for each the flat index behind every element of the result. */
export function broadcastIndex(shapes: readonly (readonly number[])[]): {
  readonly shape: number[];
  readonly indices: Int32Array[];
} {
  const rank = Math.max(...shapes.map(({ length }) => length));
  const padded = shapes.map((shape) => [...Array<number>(rank - shape.length).fill(1), ...shape]);
  const shape = Array.from({ length: rank }, (_, axis) => {
    const sizes = padded.map((sides) => sides[axis] ?? 1);
    return sizes.find((size) => size !== 1) ?? 1;
  });
  const indices = padded.map((sides) => {
    const index = new Int32Array(sizeOf(shape));
    const strides = sides.map((size, axis) => (size === 1 ? 0 : sizeOf(sides.slice(axis + 1))));
    for (let flat = 0; flat < index.length; flat++) {
      let [rest, at] = [flat, 0];
      for (let axis = rank - 1; axis >= 0; axis--) {
        const size = shape[axis] ?? 1;
        at += (rest % size) * (strides[axis] ?? 0);
        rest = Math.floor(rest / size);
      }
      index[flat] = at;
    }
    return index;
  });
  return { shape, indices };
}
