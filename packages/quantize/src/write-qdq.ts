import type { OnnxModel, OnnxNode } from '@asc/onnx';
import type { InputGram } from './adaptive-rounding.js';
import { makeNode } from './make-node.js';
import type { QuantizationPlan } from './plan-quantization.js';
import type { QuantizationParameters } from './quantization-parameters.js';
import { QdqConstants } from './qdq-constants.js';
import { fillBlocks } from './rewrite/fill-blocks.js';

/**
 * The 8-bit graph of a plan: one QuantizeLinear–DequantizeLinear pair per activation, shared by all its readers, and
 * integer weights behind DequantizeLinear. Float values keep their names where they still exist; integers that no
 * QuantizeLinear makes (those of an integer Max) are `NAME.q` and a number, for the float value NAME they stand for.
 *
 * @param parametersOf Parameters of each activation's group.
 * @param grams Inputs of the weights to round adaptively.
 */
export function writeQdq(
  model: OnnxModel,
  plan: QuantizationPlan,
  parametersOf: ReadonlyMap<string, QuantizationParameters>,
  weightType: 'int8' | 'uint8',
  grams: ReadonlyMap<string, InputGram> = new Map(),
): OnnxModel {
  const constants = new QdqConstants(model, weightType);
  const weights = constants.planWeights(plan, parametersOf, grams);
  const graphOutputs = new Set(model.outputs.map(({ name }) => name));
  const nodes: OnnxNode[] = [];
  /** What readers of a value read instead. */
  const readAs = new Map<string, string>();
  /** What the producer of a value writes instead. */
  const writeAs = new Map<string, string>();
  for (const node of plan.dropped) writeAs.set(node.inputs[0] ?? '', node.outputs[0] ?? '');

  const maxima = new Set([...plan.integerMax].flatMap((node) => node.outputs));
  const quantized = (value: string): string => constants.name(maxima.has(value) ? `${value}.q` : 'q', value);
  const dequantize = (value: string): void => {
    const output = graphOutputs.has(value) ? value : constants.name('d', value);
    readAs.set(value, output);
    nodes.push(
      makeNode(
        'DequantizeLinear',
        [quantized(value), ...constants.scaleAndZero(plan.groupOf(value), parametersOf)],
        [output],
      ),
    );
  };
  const quantize = (value: string, written: string): void => {
    const inputs = [written, ...constants.scaleAndZero(plan.groupOf(value), parametersOf)];
    nodes.push(makeNode('QuantizeLinear', inputs, [quantized(value)]));
    dequantize(value);
  };

  for (const input of model.inputs) if (plan.activations.has(input.name)) quantize(input.name, input.name);
  for (const value of plan.activations) if (model.initializers.has(value)) quantize(value, value);
  for (const node of model.nodes) {
    if (plan.dropped.has(node)) continue;
    if (plan.integerMax.has(node)) {
      const [output = ''] = node.outputs;
      nodes.push({ ...node, inputs: node.inputs.map(quantized), outputs: [quantized(output)] });
      dequantize(output);
      continue;
    }
    const inputs = node.inputs.map((input) => readAs.get(input) ?? input);
    const weight = weights.get(node);
    if (weight !== undefined) {
      nodes.push(...weight.nodes);
      inputs.splice(1, inputs.length, ...weight.inputs);
    }
    const values = node.outputs.map((output) => writeAs.get(output) ?? output);
    const outputs = values.map((value) =>
      plan.activations.has(value) && graphOutputs.has(value) ? constants.name('f', value) : value,
    );
    nodes.push({ ...node, inputs, outputs });
    values.forEach((value, i) => {
      if (plan.activations.has(value)) quantize(value, outputs[i] ?? value);
    });
  }
  const kept = readNodes(nodes, graphOutputs);
  const read = readValues(kept, graphOutputs);
  const initializers = new Map([...constants.initializers].filter(([name]) => read.has(name)));
  return fillBlocks({ ...model, metadata: { ...model.metadata }, nodes: kept, initializers, valueInfo: [] });
}

/** Without DequantizeLinear nodes that only an integer Max would have read: ONNX Runtime would run them all the same. */
function readNodes(nodes: readonly OnnxNode[], graphOutputs: ReadonlySet<string>): OnnxNode[] {
  const read = readValues(nodes, graphOutputs);
  return nodes.filter((node) => node.op !== 'DequantizeLinear' || node.outputs.some((output) => read.has(output)));
}

function readValues(nodes: readonly OnnxNode[], graphOutputs: ReadonlySet<string>): Set<string> {
  return new Set([...nodes.flatMap((node) => node.inputs), ...graphOutputs]);
}
