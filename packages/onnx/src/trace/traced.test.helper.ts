import '@tensorflow/tfjs-backend-cpu';
// Registers the gradients of tfjs-core's kernels.
import '@tensorflow/tfjs-layers';
import { type DType, type NdArray, type NdArrays, createRng, ndArray, sizeOf } from '@asc/core';
import {
  type Tensor,
  type Tensor4D,
  cast,
  conv2d,
  env,
  setBackend,
  tensor,
  tensor4d,
  tidy,
} from '@tensorflow/tfjs-core';
import { InferenceSession } from 'onnxruntime-node';
import { encodeOnnx } from '../model/encode-onnx.js';
import type { OnnxModel } from '../model/onnx-model.js';
import { OnnxRunner } from '../model/onnx-runner.js';
import type { Lowering, LoweringTable } from './lowering.js';
import { DEFAULT_LOWERINGS } from './lowerings/index.js';
import { type TraceOptions, trace } from './trace.js';

/** Makes tfjs' JavaScript backend, the reference, current. */
export async function useCpuBackend(): Promise<void> {
  await setBackend('cpu');
  env().set('IS_TEST', true);
}

/** How the numbers of a test input are made. */
export interface Numbers {
  readonly shape: readonly number[];
  readonly dtype?: DType;
  /** Uniform in [low, high); default [−2, 2). */
  readonly low?: number;
  readonly high?: number;
  /** Given numbers instead of drawn ones. */
  readonly values?: readonly number[];
}

export const f32 = (shape: readonly number[], low = -2, high = 2): Numbers => ({ shape, low, high });
export const i32 = (shape: readonly number[], low = -5, high = 6): Numbers => ({ shape, low, high, dtype: 'int32' });
export const flags = (shape: readonly number[]): Numbers => ({ shape, low: 0, high: 2, dtype: 'bool' });
export const given = (shape: readonly number[], values: readonly number[], dtype: DType = 'float32'): Numbers => ({
  shape,
  values,
  dtype,
});

export function makeArray({ shape, dtype = 'float32', low = -2, high = 2, values }: Numbers, seed: string): NdArray {
  const stream = createRng(7).split(seed);
  const numbers = values ?? Array.from({ length: sizeOf(shape) }, () => low + (high - low) * stream.uniform());
  if (dtype === 'float32') return ndArray('float32', shape, Float32Array.from(numbers));
  if (dtype === 'int32') return ndArray('int32', shape, Int32Array.from(numbers, Math.floor));
  return ndArray('bool', shape, Uint8Array.from(numbers, Math.floor));
}

export function toTensor({ dtype, shape, data }: NdArray): Tensor {
  return tensor(data, [...shape], dtype);
}

export function fromTensor(t: Tensor): NdArray {
  const dtype = t.dtype as DType;
  // tfjs casts whole numbers to float32 without giving them another array.
  return makeArray({ shape: t.shape, dtype, values: Array.from(t.dataSync()) }, '');
}

/** The default table, noting which kernels a trace really lowers. */
export function notingKernels(used: Set<string>): LoweringTable {
  const note =
    (name: string, lowering: Lowering): Lowering =>
    (context, inputs, attrs) => {
      used.add(name);
      return lowering(context, inputs, attrs);
    };
  return Object.fromEntries(Object.entries(DEFAULT_LOWERINGS).map(([name, l]) => [name, note(name, l)]));
}

/** A 1×1 convolution that changes nothing: its result lies channels-first. */
export function throughConv(x: Tensor): Tensor {
  const c = x.shape[3]!;
  const eye = Array.from({ length: c * c }, (_, i) => (i % (c + 1) === 0 ? 1 : 0));
  const y = conv2d(cast<Tensor4D>(x as Tensor4D, 'float32'), tensor4d(eye, [1, 1, c, c]), 1, 'valid');
  return x.dtype === 'float32' ? y : cast(y, x.dtype);
}

export type TensorFunction = (...inputs: Tensor[]) => Tensor | Tensor[];

const named = (result: Tensor | Tensor[]): Record<string, Tensor> =>
  Object.fromEntries((Array.isArray(result) ? result : [result]).map((t, i) => [`y${i}`, t]));

const inputName = (i: number): string => `x${i}`;

/** What tfjs computes at once. */
export function runEager(fn: TensorFunction, inputs: readonly NdArray[]): NdArrays {
  const results: Record<string, NdArray> = {};
  tidy(() => {
    for (const [name, t] of Object.entries(named(fn(...inputs.map(toTensor))))) results[name] = fromTensor(t);
  });
  return results;
}

/** What ONNX Runtime computes from the trace; the graph is checked on the way. */
export async function runTraced(
  fn: TensorFunction,
  inputs: readonly NdArray[],
  options: Omit<TraceOptions, 'inputs'> = {},
): Promise<NdArrays> {
  const specs = Object.fromEntries(inputs.map(({ dtype, shape }, i) => [inputName(i), { dtype, shape }]));
  const { model } = trace((tensors) => named(fn(...inputs.map((_, i) => tensors[inputName(i)]!))), {
    ...options,
    inputs: specs,
  });
  return runModel(model, Object.fromEntries(inputs.map((array, i) => [inputName(i), array])));
}

export async function runModel(model: OnnxModel, feeds: NdArrays): Promise<NdArrays> {
  expectWellFormed(model);
  await expectTrueShapes(model);
  const runner = await OnnxRunner.create(model, { threads: 1 });
  try {
    return await runner.run(feeds);
  } finally {
    await runner.release();
  }
}

/** ONNX Runtime infers the shapes and types that the model says its values have. */
export async function expectTrueShapes(model: OnnxModel): Promise<void> {
  const session = await InferenceSession.create(encodeOnnx(model), {
    graphOptimizationLevel: 'disabled',
    intraOpNumThreads: 1,
    logSeverityLevel: 3,
    extra: { session: { strict_shape_type_inference: '1' } },
  });
  await session.release();
}

/** Every name is made once, before it is used; nothing dangles; what is declared is there. */
export function expectWellFormed(model: OnnxModel): void {
  const made = new Set<string>();
  const make = (name: string): void => {
    if (made.has(name)) throw new Error(`'${name}' is made twice`);
    made.add(name);
  };
  for (const input of model.inputs) make(input.name);
  for (const name of model.initializers.keys()) make(name);
  const read = new Set<string>();
  const nodeNames = new Set<string>();
  for (const node of model.nodes) {
    if (nodeNames.has(node.name)) throw new Error(`two nodes are called '${node.name}'`);
    nodeNames.add(node.name);
    for (const name of node.inputs) {
      if (name !== '' && !made.has(name)) throw new Error(`'${name}' is used by '${node.name}' before it is made`);
      read.add(name);
    }
    for (const name of node.outputs) make(name);
  }
  for (const { name } of model.outputs) {
    if (!made.has(name)) throw new Error(`the output '${name}' is never made`);
    read.add(name);
  }
  for (const node of model.nodes) {
    if (!node.outputs.some((name) => read.has(name))) throw new Error(`node '${node.name}' is dead`);
  }
  for (const name of model.initializers.keys()) if (!read.has(name)) throw new Error(`constant '${name}' is dead`);
  for (const [name, { shape, data }] of model.initializers) {
    if (sizeOf(shape) !== data.length) throw new Error(`constant '${name}' does not fit its shape`);
  }
  for (const { name } of model.valueInfo) if (!made.has(name)) throw new Error(`'${name}' is described but not made`);
}

export interface Tolerance {
  readonly rtol?: number;
  readonly atol?: number;
}

/** Equal names, types and shapes; |a − b| ≤ atol + rtol·|b|; NaN and infinities in the same places. */
export function expectSame(actual: NdArrays, expected: NdArrays, { rtol = 1e-5, atol = 1e-5 }: Tolerance = {}): void {
  const describe = (arrays: NdArrays): string =>
    Object.entries(arrays)
      .map(([name, { dtype, shape }]) => `${name}: ${dtype} (${shape.join(', ')})`)
      .join('; ');
  if (describe(actual) !== describe(expected)) {
    throw new Error(`expected ${describe(expected)}\nreceived ${describe(actual)}`);
  }
  for (const [name, { data }] of Object.entries(expected)) {
    const received = actual[name]!.data;
    data.forEach((want, i) => {
      const got = received[i]!;
      if (Object.is(want, got) || want === got || Math.abs(want - got) <= atol + rtol * Math.abs(want)) return;
      throw new Error(
        `${name}[${i}]: expected ${want}, received ${got}\nexpected ${data.slice(0, 24).join(' ')}\nreceived ${received.slice(0, 24).join(' ')}`,
      );
    });
  }
}
