import type { OnnxModel, OnnxNode, OnnxTensor } from '@asc/onnx';
import { makeNode } from './make-node.js';
import type { QuantizationPlan } from './plan-quantization.js';
import type { QuantizationParameters } from './quantization-parameters.js';
import { QdqConstants } from './qdq-constants.js';

/**
 * The 8-bit graph of a plan: one QuantizeLinear–DequantizeLinear pair per activation, shared by all its readers, and
 * integer weights behind DequantizeLinear. For a value `x`: `x.q` its integers, `x.dq` what readers get, `x.s` and `x.z` scale
 * and zero point. Graph outputs keep their names.
 *
 * @param parametersOf Parameters of each activation's group.
 */
export function writeQdq(
  model: OnnxModel,
  plan: QuantizationPlan,
  parametersOf: ReadonlyMap<string, QuantizationParameters>,
): OnnxModel {
  const constants = new QdqConstants(model);
  const weights = constants.planWeights(plan, parametersOf);
  const graphOutputs = new Set(model.outputs.map(({ name }) => name));
  const nodes: OnnxNode[] = [];
  /** What readers of a value read instead. */
  const readAs = new Map<string, string>();
  /** What the producer of a value writes instead. */
  const writeAs = new Map<string, string>();
  for (const node of plan.dropped) writeAs.set(node.inputs[0] ?? '', node.outputs[0] ?? '');

  const quantized = (value: string): string => constants.name(`${value}.q`);
  const dequantize = (value: string): void => {
    const output = graphOutputs.has(value) ? value : constants.name(`${value}.dq`);
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
      plan.activations.has(value) && graphOutputs.has(value) ? constants.name(`${value}.f`) : value,
    );
    nodes.push({ ...node, inputs, outputs });
    values.forEach((value, i) => {
      if (plan.activations.has(value)) quantize(value, outputs[i] ?? value);
    });
  }
  return { ...model, nodes, initializers: used(constants.initializers, nodes, model), valueInfo: [] };
}

function used(
  initializers: ReadonlyMap<string, OnnxTensor>,
  nodes: readonly OnnxNode[],
  model: OnnxModel,
): Map<string, OnnxTensor> {
  const read = new Set([...nodes.flatMap((node) => node.inputs), ...model.outputs.map(({ name }) => name)]);
  return new Map([...initializers].filter(([name]) => read.has(name)));
}
