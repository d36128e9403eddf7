import { FRONT_END_SCOPE, type OnnxModel, type OnnxNode } from '@asc/onnx';
import { floatValues } from './float-values.js';
import { indexGraph } from './graph-index.js';
import { OPERATOR_RULES, type OperatorRule } from './operator-rules.js';

/** What a node is called: its name, or its first output where it has none. */
export function nodeLabel(node: OnnxNode): string {
  return node.name || (node.outputs[0] ?? '');
}

/**
 * The nodes to quantize, with their rule: from the first convolution (or other weighted layer, where there is none) on,
 * without the front end, without those of the labels `keepFloat`, and without moves (`share`) whose result no quantized node
 * uses.
 */
export function selectNodes(model: OnnxModel, keepFloat: ReadonlySet<string> = new Set()): Map<OnnxNode, OperatorRule> {
  const floats = floatValues(model);
  const index = indexGraph(model);
  const candidates = new Map<OnnxNode, OperatorRule>();
  const region = weightedRegion(model);
  for (const node of model.nodes) {
    const open = region.has(node) && !keepFloat.has(nodeLabel(node)) && !isPosterior(node, index.graphOutputs);
    const rule = open ? ruleOf(node, model, floats) : undefined;
    if (rule !== undefined) candidates.set(node, rule);
  }
  const selected = new Map<OnnxNode, OperatorRule>();
  for (const node of model.nodes.toReversed()) {
    const rule = candidates.get(node);
    if (rule === undefined) continue;
    const users = node.outputs.flatMap((output) => index.consumersOf.get(output) ?? []);
    const producer = index.producerOf.get(node.inputs[0] ?? '');
    const follows = rule === 'clip' && producer !== undefined && candidates.has(producer);
    if ((rule !== 'share' && rule !== 'clip') || follows || users.some((user) => selected.has(user))) {
      selected.set(node, rule);
    }
  }
  return new Map(model.nodes.flatMap((node) => pair(node, selected.get(node))));
}

/** Why `selectNodes` leaves `node` in float32. */
export function whyFloat(node: OnnxNode, model: OnnxModel, keepFloat: ReadonlySet<string>): string {
  if (node.name.startsWith(`${FRONT_END_SCOPE}/`)) return 'part of the front end';
  if (keepFloat.has(nodeLabel(node))) return 'kept in float32 by request';
  if (!weightedRegion(model).has(node)) return 'in front of the first weighted layer';
  const posterior = isPosterior(node, indexGraph(model).graphOutputs);
  if (node.op === 'Softmax' || posterior) return 'steps of 1/255 would spoil the log loss';
  if (OPERATOR_RULES[node.op] === undefined || node.domain !== '') return 'no 8-bit kernel';
  if (ruleOf(node, model, floatValues(model)) === undefined) return 'operands that no 8-bit kernel takes';
  return 'only moves numbers that float32 operators read';
}

/** Probabilities of events, which leave the graph; a `Sigmoid` inside it is a gate. */
function isPosterior({ op, outputs }: OnnxNode, graphOutputs: ReadonlySet<string>): boolean {
  return op === 'Sigmoid' && outputs.some((output) => graphOutputs.has(output));
}

function pair(node: OnnxNode, rule: OperatorRule | undefined): [OnnxNode, OperatorRule][] {
  return rule === undefined ? [] : [[node, rule]];
}

/** Nodes at or behind the first weighted layer of each path. */
export function weightedRegion(model: OnnxModel): Set<OnnxNode> {
  const body = model.nodes.filter((node) => !node.name.startsWith(`${FRONT_END_SCOPE}/`));
  const starts = body.some(({ op }) => op === 'Conv') ? ['Conv'] : ['Gemm', 'MatMul'];
  const inside = new Set<OnnxNode>();
  const reached = new Set<string>();
  for (const node of body) {
    if (!starts.includes(node.op) && !node.inputs.some((input) => reached.has(input))) continue;
    inside.add(node);
    for (const output of node.outputs) reached.add(output);
  }
  return inside;
}

function ruleOf(node: OnnxNode, model: OnnxModel, floats: ReadonlySet<string>): OperatorRule | undefined {
  const rule = node.domain === '' ? OPERATOR_RULES[node.op] : undefined;
  const data = rule === undefined ? [] : dataInputs(node, rule, model);
  if (rule === undefined || !data.every((input) => floats.has(input))) return undefined;
  const weight = model.initializers.get(node.inputs[1] ?? '');
  const bias = node.inputs[2] ? model.initializers.get(node.inputs[2]) : undefined;
  const biasFits = !node.inputs[2] || bias?.type === 'float32';
  if (rule === 'conv') return weight?.type === 'float32' && biasFits ? rule : undefined;
  if (rule === 'gemm') {
    const columns = weight?.shape[isSet(node, 'transB', 1) ? 0 : 1];
    const plain = !isSet(node, 'transA', 1) && isUnit(node, 'alpha') && isUnit(node, 'beta');
    const biasIsRow = !node.inputs[2] || (biasFits && bias?.data.length === columns);
    return weight?.type === 'float32' && plain && biasIsRow ? rule : undefined;
  }
  if (rule === 'matmul') return weight === undefined || weight.shape.length === 2 ? rule : undefined;
  if (rule === 'clip' && node.op === 'Clip') return clipsAroundZero(node, model) ? rule : undefined;
  return rule;
}

/** The inputs whose numbers flow into the output; the others are weights, shapes, axes or limits. */
export function dataInputs(node: OnnxNode, rule: OperatorRule, model: OnnxModel): readonly string[] {
  const twoActivations = rule === 'matmul' && !model.initializers.has(node.inputs[1] ?? '');
  if (rule === 'max' || twoActivations || ['Add', 'Mul', 'Concat'].includes(node.op)) return node.inputs;
  return node.inputs.slice(0, 1);
}

/** A dropped Clip must leave 0 representable, which 8-bit ranges always hold. */
function clipsAroundZero(node: OnnxNode, model: OnnxModel): boolean {
  const [min, max] = [node.inputs[1], node.inputs[2]].map((name) =>
    name === undefined || name === '' ? undefined : Number(model.initializers.get(name)?.data[0] ?? Number.NaN),
  );
  return (min ?? 0) <= 0 && (max ?? 0) >= 0;
}

function isSet(node: OnnxNode, name: string, value: number): boolean {
  const attribute = node.attributes[name];
  return attribute?.kind === 'int' && attribute.value === value;
}

function isUnit(node: OnnxNode, name: string): boolean {
  const attribute = node.attributes[name];
  return attribute === undefined || (attribute.kind === 'float' && attribute.value === 1);
}
