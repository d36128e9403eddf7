import type { OnnxModel, OnnxNode } from '@asc/onnx';
import { indexGraph, onlyConsumer, type GraphIndex } from './graph-index.js';
import type { OperatorRule } from './operator-rules.js';
import { dataInputs, selectNodes } from './select-nodes.js';

/** What to quantize, before any number is known. */
export interface QuantizationPlan {
  readonly rules: ReadonlyMap<OnnxNode, OperatorRule>;
  /** Values that become 8-bit, in graph order. */
  readonly activations: ReadonlySet<string>;
  /** Nodes left out because 8-bit saturation does their work: its input is its output's 8-bit value. */
  readonly dropped: ReadonlySet<OnnxNode>;
  /** `Max` nodes that run on the 8-bit integers themselves. */
  readonly integerMax: ReadonlySet<OnnxNode>;
  /** The value whose parameters each activation has; itself where it has its own. */
  readonly groupOf: (value: string) => string;
  /** The activations whose ranges make up those of a group. */
  readonly rangeSources: ReadonlyMap<string, readonly string[]>;
}

/** Plan for a rewritten graph. */
export function planQuantization(
  model: OnnxModel,
  activation: 'int8' | 'uint8',
  keepFloat: ReadonlySet<string> = new Set(),
): QuantizationPlan {
  const index = indexGraph(model);
  const rules = selectNodes(model, keepFloat);
  const dropped = new Set<OnnxNode>();
  for (const [node, rule] of rules) if (rule === 'clip' && canDrop(node, rules, index)) dropped.add(node);
  const activations = activationsOf(model, rules, dropped, index);

  const parent = new Map<string, string>();
  const groupOf = (value: string): string => {
    const next = parent.get(value);
    return next === undefined ? value : groupOf(next);
  };
  const join = (value: string, to: string): void => {
    const [a, b] = [groupOf(value), groupOf(to)];
    if (a !== b) parent.set(a, b);
  };
  const derived = new Set<string>();
  for (const [node, rule] of rules) {
    if (rule !== 'share') continue;
    for (const output of node.outputs) {
      if (!activations.has(output)) continue;
      join(output, node.inputs[0] ?? '');
      derived.add(output);
    }
  }
  const integerMax = new Set<OnnxNode>();
  for (const [node, rule] of rules) {
    if (rule !== 'max' || activation !== 'uint8' || !canMaxIntegers(node, activations, dropped, groupOf)) continue;
    integerMax.add(node);
    for (const value of [...node.inputs, ...node.outputs]) join(value, node.inputs[0] ?? '');
    for (const output of node.outputs) derived.add(output);
  }
  const rangeSources = new Map<string, string[]>();
  for (const value of activations) {
    if (derived.has(value)) continue;
    const sources = rangeSources.get(groupOf(value));
    if (sources === undefined) rangeSources.set(groupOf(value), [value]);
    else sources.push(value);
  }
  return { rules, activations, dropped, integerMax, groupOf, rangeSources };
}

/** A Relu or Clip straight behind a quantized node with a range of its own, which nothing else reads. */
function canDrop(node: OnnxNode, rules: ReadonlyMap<OnnxNode, OperatorRule>, index: GraphIndex): boolean {
  const input = node.inputs[0] ?? '';
  const producer = index.producerOf.get(input);
  const rule = producer === undefined ? undefined : rules.get(producer);
  const ownRange = rule === 'conv' || rule === 'gemm' || rule === 'matmul' || rule === 'own';
  return ownRange && onlyConsumer(index, input) === node;
}

function activationsOf(
  model: OnnxModel,
  rules: ReadonlyMap<OnnxNode, OperatorRule>,
  dropped: ReadonlySet<OnnxNode>,
  index: GraphIndex,
): Set<string> {
  const values = new Set<string>();
  for (const [node, rule] of rules) {
    if (!dropped.has(node)) {
      for (const input of dataInputs(node, rule, model)) values.add(input);
    }
    for (const output of node.outputs.filter((name) => name !== '')) {
      const users = index.consumersOf.get(output) ?? [];
      // Gemm and MatMul may end the 8-bit part with float32 logits; all others need a Q behind them.
      if ((rule === 'gemm' || rule === 'matmul') && !users.some((user) => rules.has(user))) continue;
      const [only] = users;
      if (users.length === 1 && only !== undefined && dropped.has(only)) continue;
      values.add(output);
    }
  }
  return values;
}

/**
 * Max commutes with quantization where all inputs have the same parameters. They may share them unless some, but not all,
 * stand behind a dropped Relu, whose clipping depends on the zero point, or any behind a dropped Clip, whose upper limit
 * depends on the range.
 */
function canMaxIntegers(
  node: OnnxNode,
  activations: ReadonlySet<string>,
  dropped: ReadonlySet<OnnxNode>,
  groupOf: (value: string) => string,
): boolean {
  if (!node.inputs.every((input) => activations.has(input))) return false;
  const groupsBehind = (op: string): Set<string> =>
    new Set([...dropped].flatMap((clip) => (clip.op === op ? clip.outputs.map(groupOf) : [])));
  const [rectified, bounded] = [groupsBehind('Relu'), groupsBehind('Clip')];
  const groups = node.inputs.map(groupOf);
  if (groups.some((group) => bounded.has(group))) return false;
  return groups.every((group) => rectified.has(group)) || !groups.some((group) => rectified.has(group));
}
