import { sizeOf } from '@asc/core';
import type { OnnxNode } from '@asc/onnx';
import { broadcastIndex } from './broadcast.js';
import { int, ints } from './convolve.js';

/** Where each element of an output comes from: one element of the first input, or the largest of several. */
export interface Move {
  readonly shape: readonly number[];
  readonly from: Int32Array | readonly Int32Array[];
}

/** Outputs of a node that only moves or picks numbers, from its input's shape and the constants behind its other inputs. */
export type MoveKernel = (node: OnnxNode, shape: readonly number[], constants: readonly ArrayLike<number>[]) => Move[];

/** Operators that leave numbers as they are, on integers as on floats. */
export const MOVE_KERNELS: Readonly<Record<string, MoveKernel>> = {
  Identity: (_, shape) => [whole(shape, shape)],
  Reshape: (_, shape, [wanted = []]) => [whole(shape, reshaped(shape, Array.from(wanted)))],
  Flatten: (node, shape) => {
    const axis = int(node, 'axis', 1);
    return [whole(shape, [sizeOf(shape.slice(0, axis)), sizeOf(shape.slice(axis))])];
  },
  Squeeze: (node, shape, [axes = ints(node, 'axes', [])]) => {
    const gone = Array.from(axes, (axis) => positive(axis, shape.length));
    return [
      whole(
        shape,
        shape.filter((size, axis) => (gone.length === 0 ? size !== 1 : !gone.includes(axis))),
      ),
    ];
  },
  Unsqueeze: (node, shape, [axes = ints(node, 'axes', [])]) => {
    const rank = shape.length + axes.length;
    const fresh = Array.from(axes, (axis) => positive(axis, rank));
    const sizes = [...shape];
    return [
      whole(
        shape,
        Array.from({ length: rank }, (_, axis) => (fresh.includes(axis) ? 1 : (sizes.shift() ?? 1))),
      ),
    ];
  },
  Transpose: (node, shape) => {
    const order = ints(node, 'perm', shape.map((_, axis) => axis).toReversed());
    return [
      picked(
        shape,
        order.map((axis) => shape[axis] ?? 1),
        (place) => {
          const source: number[] = [];
          order.forEach((axis, i) => (source[axis] = place[i] ?? 0));
          return source;
        },
      ),
    ];
  },
  Split: (node, shape, [sizes]) => {
    const axis = positive(int(node, 'axis', 0), shape.length);
    const parts =
      sizes === undefined ? node.outputs.map(() => (shape[axis] ?? 0) / node.outputs.length) : Array.from(sizes);
    let begin = 0;
    return parts.map((size) => {
      const offset = begin;
      begin += size;
      const part = shape.map((length, i) => (i === axis ? size : length));
      return picked(shape, part, (place) => place.map((at, i) => (i === axis ? at + offset : at)));
    });
  },
  Slice: (_, shape, [starts = [], ends = [], axes = Array.from(starts, (_, i) => i), steps = []]) => {
    const cut = new Map(
      Array.from(axes, (axis, i) => {
        const size = shape[positive(axis, shape.length)] ?? 0;
        const [begin, step] = [positive(starts[i] ?? 0, size), steps[i] ?? 1];
        const end = Math.min(size, positive(ends[i] ?? size, size));
        return [positive(axis, shape.length), { begin, step, size: Math.max(0, Math.ceil((end - begin) / step)) }];
      }),
    );
    const part = shape.map((size, axis) => cut.get(axis)?.size ?? size);
    const source = (at: number, axis: number): number => (cut.get(axis)?.begin ?? 0) + at * (cut.get(axis)?.step ?? 1);
    return [picked(shape, part, (place) => place.map(source))];
  },
  Expand: (_, shape, [wanted = []]) => {
    const { shape: wide, indices } = broadcastIndex([shape, Array.from(wanted)]);
    return [{ shape: wide, from: indices[0] ?? new Int32Array() }];
  },
  MaxPool: (node, shape) => [windows(node, shape)],
  ReduceMax: (node, shape, [axes = ints(node, 'axes', [])]) => {
    const gone = Array.from(axes, (axis) => positive(axis, shape.length));
    const kept = shape.map((size, axis) => (gone.length === 0 || gone.includes(axis) ? 1 : size));
    const from = Array.from({ length: sizeOf(kept) }, (): number[] => []);
    for (let flat = 0; flat < sizeOf(shape); flat++) {
      const place = placeOf(flat, shape).map((at, axis) => (kept[axis] === 1 ? 0 : at));
      from[flatOf(place, kept)]?.push(flat);
    }
    const result =
      int(node, 'keepdims', 1) === 1 ? kept : shape.filter((_, axis) => gone.length > 0 && !gone.includes(axis));
    return [{ shape: result, from: from.map((sources) => Int32Array.from(sources)) }];
  },
};

/** Max pooling of (B, C, H, W); positions beyond the edge are left out. */
function windows(node: OnnxNode, shape: readonly number[]): Move {
  const [batch = 0, channels = 0, height = 0, width = 0] = shape;
  const [rows = 1, columns = 1] = ints(node, 'kernel_shape', [1, 1]);
  const [strideY = 1, strideX = 1] = ints(node, 'strides', [1, 1]);
  const [top = 0, left = 0, bottom = 0, right = 0] = ints(node, 'pads', [0, 0, 0, 0]);
  const round = int(node, 'ceil_mode', 0) === 1 ? Math.ceil : Math.floor;
  const tall = round((height + top + bottom - rows) / strideY) + 1;
  const wide = round((width + left + right - columns) / strideX) + 1;
  const from: Int32Array[] = [];
  for (let map = 0; map < batch * channels; map++) {
    for (let y = 0; y < tall; y++) {
      for (let x = 0; x < wide; x++) {
        const inside: number[] = [];
        for (let row = Math.max(0, y * strideY - top); row < Math.min(height, y * strideY - top + rows); row++) {
          for (
            let column = Math.max(0, x * strideX - left);
            column < Math.min(width, x * strideX - left + columns);
            column++
          ) {
            inside.push((map * height + row) * width + column);
          }
        }
        from.push(Int32Array.from(inside));
      }
    }
  }
  return { shape: [batch, channels, tall, wide], from };
}

function whole(from: readonly number[], to: readonly number[]): Move {
  return { shape: to, from: Int32Array.from({ length: sizeOf(from) }, (_, i) => i) };
}

function picked(from: readonly number[], to: readonly number[], source: (place: number[]) => number[]): Move {
  return {
    shape: to,
    from: Int32Array.from({ length: sizeOf(to) }, (_, flat) => flatOf(source(placeOf(flat, to)), from)),
  };
}

function reshaped(shape: readonly number[], wanted: readonly number[]): number[] {
  const known = wanted.map((size, axis) => (size === 0 ? (shape[axis] ?? 0) : size));
  const rest = sizeOf(shape) / sizeOf(known.filter((size) => size !== -1));
  return known.map((size) => (size === -1 ? rest : size));
}

function placeOf(flat: number, shape: readonly number[]): number[] {
  const place = Array<number>(shape.length).fill(0);
  for (let axis = shape.length - 1, rest = flat; axis >= 0; axis--) {
    const size = shape[axis] ?? 1;
    place[axis] = rest % size;
    rest = Math.floor(rest / size);
  }
  return place;
}

function flatOf(place: readonly number[], shape: readonly number[]): number {
  return place.reduce((flat, at, axis) => flat * (shape[axis] ?? 1) + at, 0);
}

function positive(axis: number, rank: number): number {
  return axis < 0 ? axis + rank : axis;
}
