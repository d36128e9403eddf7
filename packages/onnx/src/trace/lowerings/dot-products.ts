/**
 * Sums and means of products over whole maps, such as those of batch norm's variance and gradients, as products of a row by a
 * column: ONNX Runtime's processor kernel for a single row reads both maps once and writes nothing, where a `Mul` writes a third
 * map for a `ReduceSum` to read. A column that lies as a row is an operator of ONNX Runtime's own.
 */
import type { LoweringContext, LoweringTable } from '../lowering.js';
import { int } from '../graph-builder.js';
import { type Value, physicalShape, sameShape, sizeOf } from '../value.js';
import { reduction, without } from './reduction.js';

/** ONNX Runtime's contributed operators. */
const CONTRIBUTED_DOMAIN = 'com.microsoft';
/** Shorter rows cost more to call for than to multiply. */
const LEAST_ROW = 64;

/**
 * The sum over the last axes of a product of two maps, and which axes those were (in memory order); undefined where `x` is no such
 * product or `axes` do not hold the last.
 */
function summedProduct(
  context: LoweringContext,
  x: Value,
  axes: readonly number[],
): { readonly sum: Value; readonly summed: readonly number[] } | undefined {
  const { graph } = context;
  const made = graph.producer(x.name);
  const shape = physicalShape(x);
  const last = shape.length - 1;
  if (made?.op !== 'Mul' || x.dtype !== 'float32' || !axes.includes(last)) return undefined;
  if (!made.inputs.every((name) => sameShape(graph.valueInfo.get(name)?.shape as number[], shape))) return undefined;
  const summed = axes.includes(last - 1) ? [last - 1, last] : [last];
  const row = summed.reduce((product, axis) => product * shape[axis]!, 1);
  const rows = sizeOf(shape) / row;
  if (row < LEAST_ROW) return undefined;
  const asRows = made.inputs.map((name) =>
    graph.reshapePhysical({ name, shape, dtype: 'float32', layout: 'plain' }, [rows, 1, row], {
      shape: [rows, 1, row],
      dtype: 'float32',
    }),
  );
  const plain = { shape: [rows, 1, 1], dtype: 'float32' as const };
  const dots = graph.op('FusedMatMul', asRows, plain, { transB: int(1) }, CONTRIBUTED_DOMAIN);
  const spec = without(x, summed);
  const kept = shape.map((size, axis) => (summed.includes(axis) ? 1 : size));
  return { sum: graph.reshapePhysical(dots, kept, spec), summed };
}

export const DOT_PRODUCTS: LoweringTable = {
  Sum: reduction('ReduceSum', 'axis', undefined, summedProduct),
  Mean: reduction('ReduceMean', 'axis', undefined, summedProduct),
};
