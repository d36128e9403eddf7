import { type TensorInfo, backend_util } from '@tensorflow/tfjs-core';
import type { Lowering, LoweringContext, LoweringTable } from '../lowering.js';
import type { Value } from '../value.js';
import { activate } from './convolution.js';
import { elementwise } from './elementwise.js';

/** The matrix, its last two axes swapped if asked; ONNX Runtime folds such a Transpose into the product. */
function matrix(context: LoweringContext, tensor: TensorInfo, transposed: boolean): Value {
  const value = context.graph.plain(context.value(tensor));
  if (!transposed) return value;
  const rank = value.shape.length;
  const perm = value.shape.map((_, i) => (i === rank - 1 ? rank - 2 : i === rank - 2 ? rank - 1 : i));
  return context.graph.transpose(value.name, perm, { shape: perm.map((p) => value.shape[p]!), dtype: value.dtype });
}

const batchMatMul: Lowering = (context, { a, b }, attrs) => {
  const left = matrix(context, a!, Boolean(attrs['transposeA']));
  const right = matrix(context, b!, Boolean(attrs['transposeB']));
  const batch = backend_util.assertAndGetBroadcastShape(left.shape.slice(0, -2), right.shape.slice(0, -2));
  const shape = [...batch, left.shape.at(-2)!, right.shape.at(-1)!];
  return context.tensor(context.graph.op('MatMul', [left, right], { shape, dtype: left.dtype }));
};

const fusedMatMul: Lowering = (context, inputs, attrs) => {
  const product = batchMatMul(context, inputs, attrs) as TensorInfo;
  const { bias, preluActivationWeights } = inputs;
  const sum =
    bias === undefined || bias === null
      ? product
      : elementwise(context, 'Add', [product, bias], product.shape, 'float32');
  return activate(context, sum, attrs, preluActivationWeights);
};

export const MATRIX: LoweringTable = { BatchMatMul: batchMatMul, _FusedMatMul: fusedMatMul };
