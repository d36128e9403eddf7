import {
  checkKeys,
  checkOneOf,
  checkPositiveInteger,
  DataError,
  UsageError,
  type DType,
  type NdArray,
  type NdArrays,
  sizeOf,
} from '@asc/core';
import type * as Ort from 'onnxruntime-node';
import { encodeOnnx } from './encode-onnx.js';
import { readOnnxBytes } from './onnx-file.js';
import type { OnnxModel } from './onnx-model.js';

/** Name, type and shape of a graph input or output. A string dimension is symbolic: any size. */
export interface RunnerSpec {
  readonly name: string;
  readonly dtype: DType;
  readonly shape: readonly (number | string)[];
}

export interface RunnerOptions {
  /** Intra-op threads; default: ONNX Runtime's choice, the number of physical cores. */
  readonly threads?: number;
  /** How far ONNX Runtime rewrites the graph before it runs; default `all`. */
  readonly optimisation?: 'disabled' | 'basic' | 'extended' | 'all';
  /**
   * `short` (default) for runs of milliseconds. `long` for runs of a tenth of a second and more, such as training steps:
   * waiting threads sleep instead of spinning, which leaves the processor to data workers, and no memory plan is kept, which
   * halves the memory of a training step and costs it no time.
   */
  readonly workload?: 'short' | 'long';
}

/** ONNX Runtime's session entry `session.intra_op.allow_spinning`. */
const NO_SPINNING = { session: { intra_op: { allow_spinning: '0' } } };

const ARRAYS = { float32: Float32Array, int32: Int32Array, bool: Uint8Array } as const;

/**
 * A graph loaded into ONNX Runtime, ready to run: named arrays in, named arrays out. Inputs are used in place, not copied
 * (unless they lie in shared memory, which ONNX Runtime refuses); outputs are fresh arrays. A run blocks its thread.
 */
export class OnnxRunner {
  readonly inputs: readonly RunnerSpec[];
  readonly outputs: readonly RunnerSpec[];
  readonly #TensorClass: typeof Ort.Tensor;
  #session: Ort.InferenceSession | undefined;

  private constructor(TensorClass: typeof Ort.Tensor, session: Ort.InferenceSession) {
    this.#TensorClass = TensorClass;
    this.#session = session;
    this.inputs = session.inputMetadata.map(toSpec);
    this.outputs = session.outputMetadata.map(toSpec);
  }

  /**
   * Loads a model, encoded bytes or a file.
   *
   * @throws UsageError where onnxruntime-node is not installed or `threads` is no positive integer.
   * @throws DataError where the file cannot be read or ONNX Runtime refuses the graph.
   */
  static async create(model: OnnxModel | Uint8Array | string, options: RunnerOptions = {}): Promise<OnnxRunner> {
    const sessionOptions = toSessionOptions(options);
    const bytes =
      typeof model === 'string' ? await readOnnxBytes(model) : model instanceof Uint8Array ? model : encodeOnnx(model);
    const ort = await importOnnxRuntime();
    const session = await ort.InferenceSession.create(bytes, sessionOptions).catch((cause: unknown) => {
      const source = typeof model === 'string' ? model : 'the model';
      throw new DataError({ what: `ONNX Runtime cannot load ${source}.`, received: messageOf(cause) }, { cause });
    });
    try {
      return new OnnxRunner(ort.Tensor, session);
    } catch (error) {
      await session.release();
      throw error;
    }
  }

  /**
   * Runs the graph once.
   *
   * @throws UsageError where `feeds` does not have exactly the graph's inputs with their types and shapes.
   * @throws DataError where ONNX Runtime fails inside the graph.
   */
  async run(feeds: NdArrays): Promise<NdArrays> {
    const session = this.#session;
    if (session === undefined) throw new UsageError({ what: 'This runner was released: create a new one.' });
    const TensorClass = this.#TensorClass;
    const tensors: Record<string, Ort.Tensor> = {};
    for (const spec of this.inputs) {
      const feed = feeds[spec.name];
      if (feed === undefined) throw this.#wrongNames(feeds);
      tensors[spec.name] = new TensorClass(feed.dtype, checkedData(spec, feed), feed.shape);
    }
    for (const name in feeds) if (!(name in tensors)) throw this.#wrongNames(feeds);
    const results = await session.run(tensors).catch((cause: unknown) => {
      throw new DataError({ what: 'ONNX Runtime failed to run the graph.', received: messageOf(cause) }, { cause });
    });
    const outputs: Record<string, NdArray> = {};
    for (const { name, dtype } of this.outputs) {
      const { data, dims } = results[name] as Ort.Tensor;
      outputs[name] = { dtype, shape: dims, data: data as NdArray['data'] };
    }
    return outputs;
  }

  /** Frees the native memory. Safe to call twice. */
  async release(): Promise<void> {
    const session = this.#session;
    this.#session = undefined;
    await session?.release();
  }

  #wrongNames(feeds: NdArrays): UsageError {
    return new UsageError({
      what: 'The arrays given are not the inputs of the graph.',
      expected: this.inputs.map((spec) => spec.name).join(', ') || 'none',
      received: Object.keys(feeds).join(', ') || 'none',
    });
  }
}

async function importOnnxRuntime(): Promise<typeof Ort> {
  try {
    return await import('onnxruntime-node');
  } catch (cause) {
    throw new UsageError(
      {
        what: 'Running a graph needs the package onnxruntime-node, which could not be loaded.',
        received: messageOf(cause),
        hint:
          'Install it with: npm install onnxruntime-node\n' +
          'Where its CUDA download is blocked or not wanted: ONNXRUNTIME_NODE_INSTALL=skip npm install onnxruntime-node ' +
          '(or npm install --ignore-scripts onnxruntime-node); the CPU needs no download.',
      },
      { cause },
    );
  }
}

function toSessionOptions(options: RunnerOptions): Ort.InferenceSession.SessionOptions {
  checkKeys('The runner options', options, ['threads', 'optimisation', 'workload']);
  const { threads, optimisation = 'all', workload = 'short' } = options;
  if (threads !== undefined) checkPositiveInteger('threads', threads);
  checkOneOf('optimisation', optimisation, ['disabled', 'basic', 'extended', 'all']);
  checkOneOf('workload', workload, ['short', 'long']);
  return {
    executionProviders: ['cpu'],
    graphOptimizationLevel: optimisation,
    // Errors only: they come back as exceptions anyway.
    logSeverityLevel: 3,
    ...(threads === undefined ? {} : { intraOpNumThreads: threads }),
    ...(workload === 'short' ? {} : { enableMemPattern: false, extra: NO_SPINNING }),
  };
}

function toSpec(metadata: Ort.InferenceSession.ValueMetadata): RunnerSpec {
  const type = metadata.isTensor ? metadata.type : 'sequence or map';
  if (metadata.isTensor && (type === 'float32' || type === 'int32' || type === 'bool')) {
    return { name: metadata.name, dtype: type, shape: metadata.shape };
  }
  throw new DataError({
    what: `${metadata.name} cannot go in or out of a runner.`,
    expected: 'float32, int32 or bool',
    received: type,
    hint: 'Add a Cast node at the border of the graph.',
  });
}

function checkedData(spec: RunnerSpec, feed: NdArray): NdArray['data'] {
  const { dtype, shape, data } = feed;
  if (dtype !== spec.dtype || !(data instanceof ARRAYS[dtype])) {
    throw new UsageError({
      what: `Input ${spec.name} has the wrong type.`,
      expected: `${spec.dtype} in a ${ARRAYS[spec.dtype].name}`,
      received: `${dtype} in a ${data.constructor.name}`,
    });
  }
  if (shape.length !== spec.shape.length || spec.shape.some((size, axis) => isOtherSize(size, shape[axis]))) {
    throw new UsageError({
      what: `Input ${spec.name} has the wrong shape.`,
      expected: `[${spec.shape.join(', ')}]`,
      received: `[${shape.join(', ')}]`,
    });
  }
  if (data.length !== sizeOf(shape)) {
    throw new UsageError({
      what: `Input ${spec.name} does not have as many values as its shape says.`,
      expected: `${sizeOf(shape)} values for shape [${shape.join(', ')}]`,
      received: String(data.length),
    });
  }
  return data.buffer instanceof SharedArrayBuffer ? new ARRAYS[dtype](data) : data;
}

function isOtherSize(expected: number | string, size: number | undefined): boolean {
  return typeof expected === 'number' && expected >= 0 ? size !== expected : size === undefined;
}

function messageOf(cause: unknown): string {
  return cause instanceof Error ? cause.message : String(cause);
}
