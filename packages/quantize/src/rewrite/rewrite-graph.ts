import type { OnnxModel } from '@asc/onnx';
import { constantsToInitializers } from './constants-to-initializers.js';
import { foldBatchNorm } from './fold-batch-norm.js';
import { poolInsteadOfReduce } from './pool-instead-of-reduce.js';

/** Concrete shape of every value of a graph, seen in one run. */
export type ValueShapes = ReadonlyMap<string, readonly number[]>;

/**
 * The same function in operators that ONNX Runtime has 8-bit kernels for. Values that survive keep their names. `model` is
 * left as it was.
 */
export function rewriteGraph(model: OnnxModel, shapes: ValueShapes): OnnxModel {
  return poolInsteadOfReduce(foldBatchNorm(constantsToInitializers(model), shapes), shapes);
}
