import { type Attributes, int, ints } from '../graph-builder.js';
import type { LoweringContext } from '../lowering.js';
import type { Value } from '../value.js';
import { slicePhysical } from './arrangement.js';
import type { ConvInfo } from './convolution.js';

/**
 * A filter that copies costs each number of each copy a product a tap: with more of them, cutting takes less, and with strides, where
 * numbers are cut out one by one, with many more.
 */
const MOST_TAPS = 25;
const MOST_STRIDED_TAPS = 64;

/** Shifted copies on the channel axis, those of a channel apart (copy, C) or together (C, copy). */
export interface Copies {
  readonly order: 'apart' | 'together';
  /** What each of the h·w taps of a filter saw of x, taps in row order. */
  readonly ofTaps: CopiesOf;
  /** x shifted along t by each of the w taps, with all rows of padding. */
  readonly ofColumns: CopiesOf;
  /** dy on the rows that each of the h taps saw of padded x. */
  readonly ofRows: CopiesOf;
}

/** How a filter's own taps are copied. */
export function copiesFor({ filterHeight, filterWidth, strideHeight, strideWidth }: ConvInfo, copies: Copies): Copies {
  const most = strideHeight * strideWidth === 1 ? MOST_TAPS : MOST_STRIDED_TAPS;
  return filterHeight * filterWidth > most ? BY_SLICES : copies;
}

type CopiesOf = (context: LoweringContext, map: Value, info: ConvInfo) => Value;

/** By operators that cut and join. */
export const BY_SLICES: Copies = {
  order: 'apart',
  ofTaps: (context, x, info) => stack(context, shifts(context, padded(context, x, info), info)),
  ofColumns: (context, x, info) => {
    const source = padded(context, x, info);
    const [n, rows, , c] = source.shape as [number, number, number, number];
    const { filterWidth, outWidth, dilationWidth } = info;
    const columns = Array.from({ length: filterWidth }, (_, j) => j * dilationWidth);
    const cut = (left: number): Value =>
      window(context, source, [0, left], [rows, left + outWidth], [1, 1], [n, rows, outWidth, c]);
    return stack(context, columns.map(cut));
  },
  ofRows: (context, dy, { filterHeight, dilationHeight, outHeight, outWidth }) => {
    const [n, , , c] = dy.shape as [number, number, number, number];
    const more = (filterHeight - 1) * dilationHeight;
    const spec = { shape: [n, outHeight + more, outWidth, c], dtype: 'float32', layout: 'channels-first' } as const;
    const placed = Array.from({ length: filterHeight }, (_, i) => {
      const above = i * dilationHeight;
      const pads = context.graph.int64([0, 0, above, 0, 0, 0, more - above, 0]);
      return context.graph.op('Pad', [dy, pads], spec);
    });
    return stack(context, placed);
  },
};

/**
 * By convolutions of each channel with filters that have a single 1: on a processor twice as fast, for what is cut out goes straight
 * where it belongs. A number that is not finite spoils those a filter away from it; so it would soon anyway.
 */
export const BY_FILTERS: Copies = {
  order: 'together',
  ofTaps: (context, x, info) => {
    const { filterHeight: h, filterWidth: w, strideHeight, strideWidth, dilationHeight, dilationWidth } = info;
    const { top, left, bottom, right } = info.padInfo;
    if (h * w * strideHeight * strideWidth === 1 && top + left + bottom + right === 0) return x;
    const geometry = {
      strides: ints([strideHeight, strideWidth]),
      dilations: ints([dilationHeight, dilationWidth]),
      pads: ints([top, left, bottom, right]),
    };
    return copiesByFilters(context, x, [h, w], [info.outHeight, info.outWidth], geometry);
  },
  ofColumns: (context, x, { filterWidth, dilationWidth, inHeight, outWidth, padInfo }) => {
    const { top, left, bottom, right } = padInfo;
    const geometry = { dilations: ints([1, dilationWidth]), pads: ints([top, left, bottom, right]) };
    return copiesByFilters(context, x, [1, filterWidth], [inHeight + top + bottom, outWidth], geometry);
  },
  ofRows: (context, dy, { filterHeight, dilationHeight, outHeight, outWidth }) => {
    const more = (filterHeight - 1) * dilationHeight;
    const geometry = { dilations: ints([dilationHeight, 1]), pads: ints([more, 0, more, 0]) };
    return copiesByFilters(context, dy, [filterHeight, 1], [outHeight + more, outWidth], geometry, true);
  },
};

/** A copy of each channel for each tap of a filter (h, w), those of a channel together; taps in row order, or the other way round. */
function copiesByFilters(
  context: LoweringContext,
  map: Value,
  [h, w]: readonly [number, number],
  [height, width]: readonly [number, number],
  geometry: Attributes,
  backwards = false,
): Value {
  const { graph } = context;
  const [n, , , c] = map.shape as [number, number, number, number];
  const taps = h * w;
  const data = new Float32Array(c * taps * taps);
  for (let copy = 0; copy < c * taps; copy++) {
    const tap = copy % taps;
    data[copy * taps + (backwards ? taps - 1 - tap : tap)] = 1;
  }
  const filters = graph.constant({ data, shape: [c * taps, 1, h, w], dtype: 'float32' });
  const spec = { shape: [n, height, width, c * taps], dtype: 'float32', layout: 'channels-first' } as const;
  return graph.op('Conv', [map, filters], spec, { kernel_shape: ints([h, w]), ...geometry, group: int(c) });
}

function stack(context: LoweringContext, parts: readonly Value[]): Value {
  if (parts.length === 1) return parts[0]!;
  const [n, f, t, c] = parts[0]!.shape as [number, number, number, number];
  const channels = parts.length * c;
  return context.graph.op(
    'Concat',
    parts,
    { shape: [n, f, t, channels], dtype: 'float32', layout: 'channels-first' },
    { axis: int(1) },
  );
}

/** x with its padding made explicit. */
export function padded(context: LoweringContext, x: Value, info: ConvInfo): Value {
  const { top, left, bottom, right } = info.padInfo;
  if (top + left + bottom + right === 0) return x;
  const [n, f, t, c] = x.shape as [number, number, number, number];
  return context.graph.op('Pad', [x, context.graph.int64([0, 0, top, left, 0, 0, bottom, right])], {
    shape: [n, f + top + bottom, t + left + right, c],
    dtype: 'float32',
    layout: 'channels-first',
  });
}

/** What each filter tap saw of x: (B, OH, OW, C) each, taps in row order. */
export function shifts(context: LoweringContext, x: Value, info: ConvInfo): Value[] {
  const [n, , , c] = x.shape as [number, number, number, number];
  const { outHeight, outWidth, strideHeight, strideWidth, dilationHeight, dilationWidth } = info;
  const parts: Value[] = [];
  for (let i = 0; i < info.filterHeight; i++) {
    for (let j = 0; j < info.filterWidth; j++) {
      const top = i * dilationHeight;
      const left = j * dilationWidth;
      const end = [top + (outHeight - 1) * strideHeight + 1, left + (outWidth - 1) * strideWidth + 1] as const;
      parts.push(window(context, x, [top, left], end, [strideHeight, strideWidth], [n, outHeight, outWidth, c]));
    }
  }
  return parts;
}

/** The rows and columns of x from `begin` to before `end`. */
export function window(
  context: LoweringContext,
  x: Value,
  begin: readonly [number, number],
  end: readonly [number, number],
  strides: readonly [number, number],
  shape: readonly number[],
): Value {
  const [n, , , c] = x.shape as [number, number, number, number];
  return slicePhysical(context, x, [0, ...begin, 0], [n, ...end, c], [1, ...strides, 1], shape);
}
