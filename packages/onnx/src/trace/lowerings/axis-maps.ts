/**
 * Maps over axes as products with constant matrices, which on a processor are faster than ONNX Runtime's operators that place numbers
 * one by one. The numbers are the same, as every product but a few is with 0: so one that is not finite spoils its whole line or run.
 * Not for processors of graphics, whose products may round their factors.
 */
import type { LoweringContext } from '../lowering.js';
import { type Value, physicalShape } from '../value.js';

/** A product takes two operations for each cell it reads and number it makes: from here on that is more than placing takes. */
const LONGEST_READ = 128;
/** Numbers of a matrix that are worth keeping. */
const LARGEST_MATRIX = 2 ** 14;

/** Which cells of an axis each cell of another takes from: entry [to, from] is a weight. */
export interface AxisMap {
  readonly to: number;
  readonly from: number;
  readonly weight: (to: number, from: number) => number;
}

/** Whether {@link mapAxes} is the fast way. */
export function mapsAxesFast(...maps: readonly AxisMap[]): boolean {
  return maps.every(({ to, from }) => from <= LONGEST_READ && to * from <= LARGEST_MATRIX);
}

/** Applies one map to the rows (F) and one to the columns (T) of `value` (B, F, T, C). */
export function mapAxes(context: LoweringContext, value: Value, rows: AxisMap, columns: AxisMap): Value {
  const { graph } = context;
  const input = graph.channelsFirst(value);
  const [b, c, f, t] = physicalShape(input) as [number, number, number, number];
  const matrix = (height: number, width: number, weight: (i: number, j: number) => number): Value =>
    graph.constant({
      data: Float32Array.from({ length: height * width }, (_, at) => weight(Math.floor(at / width), at % width)),
      shape: [height, width],
      dtype: 'float32',
    });
  const spec = (height: number, width: number) => ({
    shape: [b, height, width, c],
    dtype: 'float32' as const,
    layout: 'channels-first' as const,
  });
  const height = rows.to;
  const tall = graph.op('MatMul', [matrix(height, f, rows.weight), input], spec(height, t));
  // All rows of all maps together are one large product.
  const flat = [b * c * height, t];
  const lines = graph.reshapePhysical(tall, flat, { shape: flat, dtype: 'float32' });
  const wide = [flat[0]!, columns.to];
  const product = graph.op('MatMul', [lines, matrix(t, columns.to, (from, to) => columns.weight(to, from))], {
    shape: wide,
    dtype: 'float32',
  });
  return graph.reshapePhysical(product, [b, c, height, columns.to], spec(height, columns.to));
}

/**
 * Every cell `tall` × `wide` times, or, where `first`, once with zeros after it. That is the same for any run of cells, so the matrix
 * is of a run that goes evenly into all. Undefined where none does.
 */
export function stretchAxes(
  context: LoweringContext,
  value: Value,
  tall: number,
  wide: number,
  first = false,
): Value | undefined {
  const { graph } = context;
  const input = graph.channelsFirst(value);
  const [b, c, f, t] = physicalShape(input) as [number, number, number, number];
  const [rows, columns] = [runOf(b * c * f, ROW_RUNS), runOf(b * c * f * tall * t, COLUMN_RUNS)];
  if ((tall > 1 && rows === undefined) || (wide > 1 && columns === undefined)) return undefined;
  const matrix = (run: number, times: number, across: boolean): Value => {
    const shape = across ? [run, run * times] : [run * times, run];
    const data = new Float32Array(run * run * times);
    for (let from = 0; from < run; from++) {
      for (let copy = 0; copy < (first ? 1 : times); copy++) {
        const to = from * times + copy;
        data[across ? from * run * times + to : to * run + from] = 1;
      }
    }
    return graph.constant({ data, shape, dtype: 'float32' });
  };
  const product = (a: Value, b: Value, shape: number[]): Value =>
    graph.op('MatMul', [a, b], { shape, dtype: 'float32' });
  const reshaped = (map: Value, shape: number[]): Value =>
    graph.reshapePhysical(map, shape, { shape, dtype: 'float32' });
  let map: Value = { ...input, shape: [b, c, f, t], layout: 'plain' };
  if (tall > 1) {
    const runs = (b * c * f) / rows!;
    map = product(matrix(rows!, tall, false), reshaped(map, [runs, rows!, t]), [runs, rows! * tall, t]);
  }
  if (wide > 1) {
    const runs = (b * c * f * tall * t) / columns!;
    map = product(reshaped(map, [runs, columns!]), matrix(columns!, wide, true), [runs, columns! * wide]);
  }
  return graph.reshapePhysical(map, [b, c, f * tall, t * wide], {
    shape: [b, f * tall, t * wide, c],
    dtype: 'float32',
    layout: 'channels-first',
  });
}

/** Lengths that make quick products, the quickest first: of columns in one large product, and of rows in many small ones. */
const COLUMN_RUNS = [16, 8, 12, 20, 10];
const ROW_RUNS = [32, 48, 40, 24, 20, 16, 12, 8];

/** The first length that goes evenly into `count` cells. */
function runOf(count: number, lengths: readonly number[]): number | undefined {
  return lengths.find((length) => count % length === 0);
}
