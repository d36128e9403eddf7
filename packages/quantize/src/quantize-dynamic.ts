import { UsageError } from '@asc/core';
import { FRONT_END_SCOPE, ONNX_TYPE, type OnnxModel, type OnnxNode, type OnnxTensor } from '@asc/onnx';
import { makeNode } from './make-node.js';
import { checkQuantizable } from './prepare-static.js';
import { quantizeWeight, weightScales } from './quantize-weights.js';
import { intOf } from './rewrite/attributes.js';
import { freshName, valueNames } from './value-names.js';

/** Operators with an integer form, by the operator that has it. */
const INTEGER_OPS: Readonly<Record<string, string>> = {
  Conv: 'ConvInteger',
  Gemm: 'MatMulInteger',
  MatMul: 'MatMulInteger',
};

/**
 * The model with int8 weights per output channel, whose activations find their own range at every run (`DynamicQuantizeLinear`):
 * no calibration, slower than `quantizeStatic`, and everything between the weighted layers stays float32. The front end (nodes named `frontend/…`) stays as it is.
 *
 * @throws UsageError where the model is quantized already, has float16 weights, another opset than 13 to 23 or nothing to
 * quantize.
 */
export function quantizeDynamic(model: OnnxModel): OnnxModel {
  checkQuantizable(model);
  const initializers = new Map(model.initializers);
  const taken = valueNames(model);
  const quantized = new Map<string, readonly [string, string, string]>();
  const weights = new Map<string, readonly [weight: string, scales: string]>();
  const add = (wanted: string, tensor: OnnxTensor): string => {
    const name = freshName(wanted, taken);
    initializers.set(name, tensor);
    return name;
  };
  const nodes = model.nodes.flatMap((node): OnnxNode[] => {
    const layer = layerOf(node, model);
    if (layer === undefined) return [node];
    const [input = '', , bias = ''] = node.inputs;
    const [output = ''] = node.outputs;
    const before: OnnxNode[] = [];
    const parts =
      quantized.get(input) ?? ([freshName('q', taken), freshName('s', taken), freshName('z', taken)] as const);
    if (!quantized.has(input)) before.push(makeNode('DynamicQuantizeLinear', [input], [...parts]));
    quantized.set(input, parts);
    const axis = node.op === 'Conv' ? 0 : layer.weight.shape.length - 1;
    const inner = Array<number>(node.op === 'Conv' ? layer.weight.shape.length - 2 : 0).fill(1);
    // A weight of two layers is stored once.
    const key = `${node.inputs[1]} ${axis} ${intOf(node, 'transB', 0)}`;
    if (!weights.has(key)) {
      const scales = weightScales(layer.weight, axis);
      const shape = [scales.scales.length, ...inner];
      const integers = add('w', quantizeWeight(layer.weight, scales));
      weights.set(key, [integers, add('ws', { type: 'float32', shape, data: scales.scales })]);
    }
    const [weight, weightScale] = weights.get(key) as readonly [string, string];
    const [sum, float, scale] = [freshName('i', taken), freshName('f', taken), freshName('m', taken)];
    const product = bias === '' ? output : freshName('p', taken);
    const attributes = node.op === 'Conv' ? node.attributes : {};
    const op = INTEGER_OPS[node.op] ?? '';
    const after: OnnxNode[] = [
      { ...makeNode(op, [parts[0], weight, parts[2]], [sum], attributes), name: node.name },
      makeNode('Cast', [sum], [float], { to: { kind: 'int', value: ONNX_TYPE.float32 } }),
      makeNode('Mul', [parts[1], weightScale], [scale]),
      makeNode('Mul', [float, scale], [product]),
    ];
    if (layer.bias !== undefined) {
      after.push(
        makeNode('Add', [product, add('b', { ...layer.bias, shape: [layer.bias.data.length, ...inner] })], [output]),
      );
    }
    return [...before, ...after];
  });
  if (quantized.size === 0) {
    throw new UsageError({
      what: 'The model has nothing to quantize.',
      expected: 'a Conv, Gemm or MatMul with constant float32 weights outside the front end',
      received: [...new Set(model.nodes.map(({ op }) => op))].join(', ') || 'no nodes',
    });
  }
  const read = new Set(nodes.flatMap(({ inputs }) => inputs));
  for (const name of initializers.keys()) if (!read.has(name)) initializers.delete(name);
  return { ...model, metadata: { ...model.metadata }, nodes, initializers, valueInfo: [] };
}

/** Weight (output channels last, of a dense layer) and bias of a plain weighted node. */
function layerOf(
  node: OnnxNode,
  model: OnnxModel,
): { readonly weight: OnnxTensor; readonly bias: OnnxTensor | undefined } | undefined {
  const weight = model.initializers.get(node.inputs[1] ?? '');
  const bias = node.inputs[2] ? model.initializers.get(node.inputs[2]) : undefined;
  const plain = node.domain === '' && node.op in INTEGER_OPS && !node.name.startsWith(`${FRONT_END_SCOPE}/`);
  if (!plain || weight?.type !== 'float32' || (node.inputs[2] && bias?.type !== 'float32')) return undefined;
  if (node.op === 'Conv') return { weight, bias };
  const { alpha, beta } = node.attributes;
  const unit = (attribute: typeof alpha): boolean => attribute?.kind !== 'float' || attribute.value === 1;
  if (weight.shape.length !== 2 || intOf(node, 'transA', 0) === 1 || !unit(alpha) || !unit(beta)) {
    return undefined;
  }
  return { weight: intOf(node, 'transB', 0) === 1 ? transposed(weight) : weight, bias };
}

function transposed({ shape: [rows = 0, columns = 0], data, ...rest }: OnnxTensor): OnnxTensor {
  const turned = new Float32Array(data.length);
  for (let r = 0; r < rows; r++) for (let c = 0; c < columns; c++) turned[c * rows + r] = Number(data[r * columns + c]);
  return { ...rest, shape: [columns, rows], data: turned };
}
