import type { OnnxModel } from '@asc/onnx';
import { convInsteadOfMean } from './conv-instead-of-mean.js';
import { padInsideConv } from './pad-inside-conv.js';
import { poolInsteadOfMax } from './pool-instead-of-max.js';
import type { ValueShapes } from './rewrite-graph.js';
import { rowsAsChannels } from './rows-as-channels.js';

/**
 * The same function in what ONNX Runtime's 8-bit kernels are quick at. The weights learnt keep their values; what they are multiplied
 * with does not change.
 */
export function quickenGraph(model: OnnxModel, shapes: ValueShapes): OnnxModel {
  const pooled = poolInsteadOfMax(convInsteadOfMean(model, shapes), shapes);
  return rowsAsChannels(padInsideConv(pooled), shapes);
}
