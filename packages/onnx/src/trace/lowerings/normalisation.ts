import { type TensorInfo } from '@tensorflow/tfjs-core';
import { float } from '../graph-builder.js';
import type { Lowering, LoweringContext, LoweringTable } from '../lowering.js';
import type { Value } from '../value.js';

/** A per-channel parameter as ONNX wants it: (C). */
function perChannel(
  context: LoweringContext,
  tensor: TensorInfo | undefined | null,
  channels: number,
  otherwise: number,
): Value {
  const { graph } = context;
  const value =
    tensor === undefined || tensor === null
      ? graph.constant({ data: new Float32Array(channels).fill(otherwise), shape: [channels], dtype: 'float32' })
      : graph.plain(context.value(tensor));
  return graph.reshapePhysical(value, [channels], { shape: [channels], dtype: 'float32' });
}

/** Inference-form BatchNormalization: the cheapest fused per-channel affine ONNX Runtime has, in both directions. */
const fusedBatchNorm: Lowering = (context, { x, mean, variance, offset, scale }, attrs) => {
  const { graph } = context;
  const rank = x!.shape.length;
  const channels = x!.shape[rank - 1]!;
  const value = context.value(x!);
  const laid = rank === 4 ? graph.channelsFirst(value) : value;
  const moved =
    rank === 3
      ? graph.transpose(value.name, [0, 2, 1], {
          shape: [value.shape[0]!, channels, value.shape[1]!],
          dtype: 'float32',
        })
      : laid;
  const y = graph.op(
    'BatchNormalization',
    [
      moved,
      perChannel(context, scale, channels, 1),
      perChannel(context, offset, channels, 0),
      perChannel(context, mean, channels, 0),
      perChannel(context, variance, channels, 1),
    ],
    moved,
    { epsilon: float(attrs['varianceEpsilon'] as number) },
  );
  if (rank !== 3) return context.tensor(y);
  return context.tensor(graph.transpose(y.name, [0, 2, 1], { shape: value.shape, dtype: 'float32' }));
};

export const NORMALISATION: LoweringTable = { FusedBatchNorm: fusedBatchNorm };
