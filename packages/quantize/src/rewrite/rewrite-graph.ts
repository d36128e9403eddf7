import type { OnnxModel } from '@asc/onnx';
import { constantsToInitializers } from './constants-to-initializers.js';
import { foldAffine } from './fold-affine.js';
import { gemmInsteadOfMatMul } from './gemm-instead-of-matmul.js';
import { poolInsteadOfReduce } from './pool-instead-of-reduce.js';

/** Concrete shape of every value of a graph, seen in one run. */
export type ValueShapes = ReadonlyMap<string, readonly number[]>;

/**
 * The same function in operators that ONNX Runtime has 8-bit kernels for. Values that survive keep their names. `model` is
 * left as it was.
 */
export function rewriteGraph(model: OnnxModel, shapes: ValueShapes): OnnxModel {
  const affine = foldAffine(constantsToInitializers(model), shapes);
  return poolInsteadOfReduce(gemmInsteadOfMatMul(affine, shapes), shapes);
}
