import type { NdArrays } from '@asc/core';
import {
  FRONT_END_SCOPE,
  ONNX_TYPE,
  OnnxRunner,
  type OnnxModel,
  type OnnxNode,
  type OnnxTensor,
  type OnnxType,
} from '@asc/onnx';

/** Operators that only change how a constant is stored. */
const STORAGE_OPS = new Set(['DequantizeLinear', 'Cast', 'Transpose', 'Reshape', 'Identity']);
/** Operators with learnt constants, in these operands. */
const LEARNT: Readonly<Record<string, readonly number[]>> = {
  Conv: [1, 2],
  Gemm: [1, 2],
  MatMul: [0, 1],
  ConvInteger: [1],
  MatMulInteger: [0, 1],
  BatchNormalization: [1, 2, 3, 4],
  Add: [0, 1],
  Sub: [0, 1],
  Mul: [0, 1],
  Div: [0, 1],
  PRelu: [1],
};
/** Operands that shift the outputs of a layer and weigh nothing. */
const BIASES: Readonly<Record<string, readonly number[]>> = { Conv: [2], Gemm: [2], Add: [0, 1], Sub: [0, 1] };
const BYTES: Partial<Record<OnnxType, number>> = { float32: 4, float16: 2, int8: 1, uint8: 1, int32: 4, float64: 8 };

/** One node that computes with learnt numbers. */
export interface NodeCost {
  readonly name: string;
  readonly op: string;
  /** Shape for one input, without its batch axis. */
  readonly outputShape: readonly number[];
  readonly parameters: number;
  readonly macs: number;
}

/** What the network in an ONNX file costs for one input window, its front end left out. */
export interface OnnxComplexity {
  readonly nodes: readonly NodeCost[];
  readonly parameters: number;
  readonly nonZeroParameters: number;
  /** Bytes of the parameters as they are stored. */
  readonly bytes: number;
  /** Bytes of those that are not 0; of 8-bit ones, not at their zero point. */
  readonly nonZeroBytes: number;
  readonly macs: number;
  /** How the parameters are stored, most first. */
  readonly storages: readonly OnnxType[];
  /**
   * How many parameters beyond biases are stored each way, most first; without norms in front of the first layer, which
   * standardise features.
   */
  readonly weights: readonly { readonly storage: OnnxType; readonly parameters: number }[];
}

/**
 * Parameters, bytes and multiply–accumulates of the graph itself: one per weight and output position of a convolution, none for
 * a bias, as NeSsi's TFLite backend counts and the fields of `complexity` in `@asc/models` do; one per element of a leftover
 * norm. A mean written as a convolution has no parameters, scales of integers are none, and channels that only fill up a block of a
 * kernel do not count.
 * Shapes are read off a run of the graph.
 */
export async function onnxComplexity(model: OnnxModel): Promise<OnnxComplexity> {
  const producers = new Map(model.nodes.flatMap((node) => node.outputs.map((output) => [output, node] as const)));
  const constants = (node: OnnxNode): Stored[] => {
    if (scales(node, producers)) return [];
    const operands = (LEARNT[node.op] ?? []).map((at) => {
      const isBias = BIASES[node.op]?.includes(at) ?? false;
      const zero = node.op.endsWith('Integer') ? zeroPoint(model.initializers.get(node.inputs[3] ?? '')) : 0;
      return storedAs(node.inputs[at], model, producers, zero).map((stored) => ({ ...stored, isBias }));
    });
    const [[weight] = []] = operands;
    if (!isConvolution(node.op) || weight === undefined) return operands.flat();
    if (takesMeans(weight)) return [];
    return [{ ...weight, size: weight.size * distinctShare(node.inputs[0], producers) }, ...operands.slice(1).flat()];
  };
  // The front end is features, not network.
  const learnt = model.nodes.filter(
    (node) => !node.name.startsWith(`${FRONT_END_SCOPE}/`) && constants(node).length > 0,
  );
  const shapes = await outputShapes(
    model,
    learnt.map((node) => node.outputs[0] ?? ''),
  );
  const counted = new Map<string, Stored>();
  const nodes = learnt.map((node): NodeCost => {
    const own = constants(node);
    const fresh = own.filter(({ name }) => !counted.has(name));
    for (const stored of fresh) counted.set(stored.name, stored);
    const outputShape = (shapes.get(node.outputs[0] ?? '') ?? []).slice(1);
    return {
      name: node.name,
      op: node.op,
      outputShape,
      parameters: sum(fresh.map(({ size }) => size)),
      macs: macsOf(
        node.op,
        own.map(({ size }) => size),
        outputShape,
      ),
    };
  });
  const stored = [...counted.values()];
  const first = learnt.findIndex(({ op }) => isConvolution(op) || /^(Gemm|MatMul)/.test(op));
  const standardising = new Set(
    learnt.slice(0, Math.max(0, first)).flatMap((node) => constants(node).map(({ name }) => name)),
  );
  const shares = sizeByStorage(stored);
  return {
    nodes,
    parameters: sum(stored.map(({ size }) => size)),
    nonZeroParameters: sum(stored.map(countNonZero)),
    bytes: sum(stored.map(({ tensor, size }) => size * (BYTES[tensor.type] ?? 4))),
    nonZeroBytes: sum(stored.map((each) => countNonZero(each) * (BYTES[each.tensor.type] ?? 4))),
    macs: sum(nodes.map(({ macs }) => macs)),
    storages: shares.map(({ storage }) => storage),
    weights: sizeByStorage(stored.filter(({ isBias, name }) => !isBias && !standardising.has(name))),
  };
}

function sizeByStorage(stored: readonly Stored[]): OnnxComplexity['weights'] {
  const shares = new Map<OnnxType, number>();
  for (const { tensor, size } of stored) shares.set(tensor.type, (shares.get(tensor.type) ?? 0) + size);
  const sizes = [...shares].map(([storage, parameters]) => ({ storage, parameters }));
  return sizes.sort((a, b) => b.parameters - a.parameters);
}

const isConvolution = (op: string): boolean => op === 'Conv' || op === 'ConvInteger';

/** A product of scales: what an activation's range gave at this run, and what its layer's weights were divided by. */
function scales({ op, inputs }: OnnxNode, producers: ReadonlyMap<string, OnnxNode>): boolean {
  return op === 'Mul' && inputs.some((input) => producers.get(input)?.op === 'DynamicQuantizeLinear');
}

/** A constant as it is stored. */
interface Stored {
  readonly name: string;
  readonly tensor: OnnxTensor;
  /** How many of its numbers count. */
  readonly size: number;
  /** The stored number that stands for 0; none where it differs from channel to channel. */
  readonly zero: number | undefined;
  readonly isBias: boolean;
}

/** The constant behind an operand, looking through what only changes its storage. */
function storedAs(
  name: string | undefined,
  model: OnnxModel,
  producers: ReadonlyMap<string, OnnxNode>,
  zero: number | undefined,
): Omit<Stored, 'isBias'>[] {
  if (name === undefined) return [];
  const tensor = model.initializers.get(name);
  // A single number is an operator's setting, not something learnt.
  if (tensor !== undefined)
    return tensor.data.length > 1 && tensor.type in BYTES ? [{ name, tensor, size: tensor.data.length, zero }] : [];
  const node = producers.get(name);
  if (node === undefined || !STORAGE_OPS.has(node.op)) return [];
  const behind = node.op === 'DequantizeLinear' ? zeroPoint(model.initializers.get(node.inputs[2] ?? '')) : zero;
  return storedAs(node.inputs[0], model, producers, behind);
}

/** A convolution's weight (O, C/group, h, w) of one number only: 1/n in the storage there is, for means; nothing learnt. */
function takesMeans({ tensor: { shape, data } }: Pick<Stored, 'tensor'>): boolean {
  const window = product(shape.slice(1));
  return shape.length === 4 && window > 1 && Number(data[0]) !== 0 && data.every((value) => value === data[0]);
}

/** The part of a value's channels that differ: a stack of cut rows that repeats one only fills up. */
function distinctShare(value: string | undefined, producers: ReadonlyMap<string, OnnxNode>): number {
  const made = producers.get(value ?? '');
  if (made?.op === 'DequantizeLinear' || made?.op === 'QuantizeLinear') return distinctShare(made.inputs[0], producers);
  const isStack = made?.op === 'Concat' && made.inputs.every((part) => producers.get(part)?.op === 'Slice');
  return isStack ? new Set(made.inputs).size / made.inputs.length : 1;
}

function zeroPoint(points: OnnxTensor | undefined): number | undefined {
  const values = new Set(Array.from(points?.data ?? [0], Number));
  return values.size === 1 ? [...values][0] : undefined;
}

function countNonZero({ tensor, zero }: Stored): number {
  let count = 0;
  for (const value of tensor.data) if (Number(value) !== zero) count++;
  return count;
}

function macsOf(op: string, sizes: readonly number[], outputShape: readonly number[]): number {
  const [first = 0] = sizes;
  // (C, H, W): every weight once per output position. The bias, often one that a norm left behind, is an addition.
  if (isConvolution(op)) return first * product(outputShape.slice(1));
  if (op === 'Gemm') return first;
  // (…, K) × (K, N): the weights once per row.
  if (op === 'MatMul' || op === 'MatMulInteger') return sum(sizes) * product(outputShape.slice(0, -1));
  return op === 'Add' || op === 'Sub' ? 0 : product(outputShape);
}

/** Shapes of inner values, told by the graph itself for one input. */
async function outputShapes(model: OnnxModel, values: readonly string[]): Promise<Map<string, readonly number[]>> {
  const names = [...new Set(values)];
  const nodes = names.flatMap((value, i) => [
    node('Shape', value, `asc.shape.${i}.long`),
    node('Cast', `asc.shape.${i}.long`, `asc.shape.${i}`, { to: { kind: 'int', value: ONNX_TYPE.int32 } }),
  ]);
  const outputs = names.map((_, i) => ({ name: `asc.shape.${i}`, type: 'int32' as const, shape: [`rank ${i}`] }));
  const runner = await OnnxRunner.create({ ...model, outputs, nodes: [...model.nodes, ...nodes] });
  try {
    const feeds: NdArrays = Object.fromEntries(
      model.inputs.map(({ name, shape }) => {
        const sizes = shape.map((size) => (typeof size === 'number' ? size : 1));
        return [name, { dtype: 'float32' as const, shape: sizes, data: new Float32Array(product(sizes)) }];
      }),
    );
    const results = await runner.run(feeds);
    return new Map(names.map((name, i) => [name, Array.from(results[`asc.shape.${i}`]?.data ?? [])]));
  } finally {
    await runner.release();
  }
}

function node(op: string, input: string, output: string, attributes: OnnxNode['attributes'] = {}): OnnxNode {
  return { op, domain: '', name: output, inputs: [input], outputs: [output], attributes };
}

function sum(values: readonly number[]): number {
  return values.reduce((total, value) => total + value, 0);
}

function product(values: readonly number[]): number {
  return values.reduce((total, value) => total * value, 1);
}
