import type { GraphOperatorTable } from '../graph-call.js';
import { ARRANGEMENT_OPERATORS } from './arrangement.js';
import { ELEMENTWISE_OPERATORS } from './elementwise.js';
import { REDUCTION_OPERATORS } from './reduction.js';
import { WEIGHTED_OPERATORS } from './weighted.js';
import { WINDOW_OPERATORS } from './window.js';

/** How each ONNX operator is computed with tfjs; those the tracer writes for networks. */
export const GRAPH_OPERATORS: GraphOperatorTable = {
  ...WEIGHTED_OPERATORS,
  ...WINDOW_OPERATORS,
  ...ELEMENTWISE_OPERATORS,
  ...REDUCTION_OPERATORS,
  ...ARRANGEMENT_OPERATORS,
};
