import { ndArray, UsageError, type NdArrays } from '@asc/core';
import type { OnnxModel, OnnxNode, OnnxTensor } from '@asc/onnx';
import { indexGraph } from '../graph-index.js';
import { INTEGER_LIMITS } from '../quantization-parameters.js';
import { channelIndex } from '../quantize-weights.js';
import { FLOAT_KERNELS } from './float-kernels.js';
import { INTEGER_KERNELS, multiplyIntegers, quantizeNumber } from './integer-kernels.js';
import { MOVE_KERNELS, type Move } from './move-kernels.js';
import type { Code, QuantizeTo, SimValue } from './sim-value.js';

/**
 * What a quantized model computes, in plain TypeScript: the integer arithmetic written out, as a reference for other runtimes
 * and as a check of ONNX Runtime. What stands between DequantizeLinear and QuantizeLinear runs on integers as ONNX Runtime
 * fuses it, and equals it to the bit; Add and Mul, whose float32 factors it may fuse otherwise on other processors, to a step.
 * Float32 operators are summed in float64.
 *
 * @param feed The model's inputs.
 * @param also Names of inner values to give out beside the outputs.
 * @returns Outputs and the values of `also`; integers as int32.
 * @throws UsageError for an operator that has no kernel here: front ends have; export with feature maps as input.
 */
export function simulate(model: OnnxModel, feed: NdArrays, also: readonly string[] = []): NdArrays {
  const { consumersOf, graphOutputs } = indexGraph(model);
  const values = new Map<string, SimValue>();
  for (const [name, tensor] of model.initializers) values.set(name, fromTensor(tensor));
  for (const { name } of model.inputs) {
    const input = feed[name];
    if (input === undefined) {
      throw new UsageError({
        what: `The feed misses the input "${name}".`,
        received: Object.keys(feed).join(', ') || 'nothing',
      });
    }
    values.set(name, { shape: input.shape, data: Float32Array.from(input.data) });
  }
  /** Nodes whose result only a QuantizeLinear reads: they run there, on integers. */
  const waiting = new Map<string, OnnxNode>();
  const valuesOf = (node: OnnxNode): SimValue[] =>
    node.inputs.flatMap((name) => (name === '' ? [] : [known(values, name)]));
  for (const node of model.nodes) {
    const [output = ''] = node.outputs;
    if (node.op === 'QuantizeLinear') {
      values.set(output, quantize(node, model, values, waiting, valuesOf));
      continue;
    }
    const users = consumersOf.get(output) ?? [];
    const only = users.length === 1 && !graphOutputs.has(output) && users[0]?.op === 'QuantizeLinear';
    if (only && node.op in INTEGER_KERNELS && !also.includes(output)) {
      waiting.set(output, node);
      continue;
    }
    run(node, valuesOf(node)).forEach((value, i) => values.set(node.outputs[i] ?? '', value));
  }
  const wanted = [...model.outputs.map(({ name }) => name), ...also];
  return Object.fromEntries(
    wanted.map((name) => {
      const { shape, data } = known(values, name);
      return [name, data instanceof Float32Array ? ndArray('float32', shape, data) : ndArray('int32', shape, data)];
    }),
  );
}

function quantize(
  node: OnnxNode,
  model: OnnxModel,
  values: ReadonlyMap<string, SimValue>,
  waiting: ReadonlyMap<string, OnnxNode>,
  valuesOf: (node: OnnxNode) => SimValue[],
): SimValue {
  const [input = '', scale = '', zero = ''] = node.inputs;
  const zeroPoint = model.initializers.get(zero);
  const limits = INTEGER_LIMITS[zeroPoint?.type === 'int8' ? 'int8' : 'uint8'];
  const to: QuantizeTo = {
    scale: known(values, scale).data[0] ?? 1,
    zeroPoint: Number(zeroPoint?.data[0] ?? 0),
    ...limits,
  };
  const producer = waiting.get(input);
  if (producer !== undefined) {
    const inputs = valuesOf(producer);
    const fused = INTEGER_KERNELS[producer.op]?.(producer, inputs, to);
    if (fused !== undefined) return fused;
    const [{ shape, data } = { shape: [], data: new Float32Array() }] = run(producer, inputs);
    return { shape, data: Int32Array.from(data, (x) => quantizeNumber(x, to)) };
  }
  const { shape, data, code } = known(values, input);
  // The same numbers come back.
  if (code !== undefined && code.scales[0] === to.scale && code.zeroPoint === to.zeroPoint) {
    return { shape, data: code.integers };
  }
  return { shape, data: Int32Array.from(data, (x) => quantizeNumber(x, to)) };
}

function run(node: OnnxNode, inputs: readonly SimValue[]): SimValue[] {
  const [x] = inputs;
  if (node.op === 'DequantizeLinear') return [dequantize(node, inputs)];
  const move = MOVE_KERNELS[node.op];
  if (move !== undefined && x !== undefined) {
    return move(
      node,
      x.shape,
      inputs.slice(1).map(({ data }) => data),
    ).map((part) => moved(x, part));
  }
  if (node.op === 'Max' && inputs.every(({ data }) => data instanceof Int32Array)) {
    return [
      {
        shape: x?.shape ?? [],
        data: Int32Array.from(x?.data ?? [], (_, i) => Math.max(...inputs.map(({ data }) => data[i] ?? 0))),
      },
    ];
  }
  // A dense layer that no QuantizeLinear follows ends the integers: sum · scale, in float32.
  const sums = node.op === 'Gemm' || node.op === 'MatMul' ? multiplyIntegers(node, inputs) : undefined;
  if (sums !== undefined) {
    const { shape, factors, channelOf } = sums;
    const factorOf = (i: number): number => factors[factors.length === 1 ? 0 : channelOf(i)] ?? 0;
    return [{ shape, data: Float32Array.from(sums.sums, (sum, i) => Math.fround(sum) * factorOf(i)) }];
  }
  const kernel = FLOAT_KERNELS[node.op];
  if (kernel !== undefined) return [kernel(node, inputs)];
  throw new UsageError({
    what: `The simulation has no operator ${node.op}.`,
    expected: `one of ${[...new Set([...Object.keys(FLOAT_KERNELS), ...Object.keys(MOVE_KERNELS)])].sort().join(', ')}`,
    hint: 'Export the model with feature maps as input: front ends are not simulated.',
  });
}

function dequantize(node: OnnxNode, [q, scale, zero]: readonly SimValue[]): SimValue {
  const [shape, integers] = [q?.shape ?? [], q?.data ?? new Int32Array()];
  const scales = Float32Array.from(scale?.data ?? [1]);
  const zeroPoint = zero?.data[0] ?? 0;
  const axis = node.attributes['axis'];
  const channelOf = channelIndex(shape, scales.length > 1 ? (axis?.kind === 'int' ? axis.value : 1) : undefined);
  const data = Float32Array.from(integers, (value, i) => (value - zeroPoint) * (scales[channelOf(i)] ?? 1));
  return { shape, data, code: { integers: Int32Array.from(integers), scales, zeroPoint } };
}

function moved(x: SimValue, { shape, from }: Move): SimValue {
  const take = <T extends Float32Array | Int32Array>(data: T): T =>
    (from instanceof Int32Array
      ? (data.constructor as Int32ArrayConstructor).from(from, (at) => data[at] ?? 0)
      : (data.constructor as Int32ArrayConstructor).from(
          from.map((places) => places.reduce((largest, at) => Math.max(largest, data[at] ?? 0), -Infinity)),
        )) as T;
  const code: Code | undefined = x.code && { ...x.code, integers: take(x.code.integers) };
  return { shape, data: take(x.data), ...(code === undefined ? {} : { code }) };
}

function fromTensor({ type, shape, data }: OnnxTensor): SimValue {
  const numbers = Array.from(data as ArrayLike<number | bigint>, Number);
  return { shape, data: type === 'float32' ? Float32Array.from(numbers) : Int32Array.from(numbers) };
}

function known(values: ReadonlyMap<string, SimValue>, name: string): SimValue {
  const value = values.get(name);
  if (value !== undefined) return value;
  throw new UsageError({ what: `No node makes the value "${name}".`, expected: 'a valid graph, or a name in it' });
}
