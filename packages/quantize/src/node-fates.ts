import type { OnnxModel, OnnxNode } from '@asc/onnx';
import type { QuantizationPlan } from './plan-quantization.js';
import { nodeLabel, whyFloat } from './select-nodes.js';

/** What became of a node: `int8` runs on integers, `removed` is done by the zero point and range, `float32` stays as it was. */
export interface NodeFate {
  readonly name: string;
  readonly op: string;
  readonly fate: 'int8' | 'removed' | 'float32';
  /** Why it stays float32; '' where it does not. */
  readonly why: string;
}

/** What becomes of every node of a rewritten graph, in graph order. */
export function nodeFates(model: OnnxModel, plan: QuantizationPlan, keepFloat: ReadonlySet<string>): NodeFate[] {
  return model.nodes.map((node) => {
    const fate = fateOf(node, plan);
    return {
      name: nodeLabel(node),
      op: node.op,
      fate,
      why: fate !== 'float32' ? '' : plan.rules.has(node) ? STANDING_ALONE : whyFloat(node, model, keepFloat),
    };
  });
}

const STANDING_ALONE = 'between 8-bit values, but without an 8-bit kernel that stands alone';

function fateOf(node: OnnxNode, plan: QuantizationPlan): NodeFate['fate'] {
  if (plan.dropped.has(node)) return 'removed';
  const rule = plan.rules.get(node);
  if (rule === undefined || rule === 'clip') return 'float32';
  return rule === 'max' && !plan.integerMax.has(node) ? 'float32' : 'int8';
}
