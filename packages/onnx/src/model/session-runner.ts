import { DataError, DTYPE_ARRAYS, UsageError, sizeOf, type DType, type NdArray, type NdArrays } from '@asc/core';
import type * as Ort from 'onnxruntime-node';

/** What is used of an ONNX Runtime: that of Node, or that of a page. */
export type OrtModule = Pick<typeof Ort, 'InferenceSession' | 'Tensor'>;

/** Name, type and shape of a graph input or output. A string dimension is symbolic: any size. */
export interface RunnerSpec {
  readonly name: string;
  readonly dtype: DType;
  readonly shape: readonly (number | string)[];
}

/**
 * A graph loaded into an ONNX Runtime given by the caller, ready to run: named arrays in, named arrays out. Inputs are used in
 * place, not copied (unless they lie in shared memory, which ONNX Runtime refuses); outputs are fresh arrays. Runs in a page too.
 */
export class SessionRunner {
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
   * Loads the bytes of an `.onnx` file; `source` names them in errors.
   *
   * @throws DataError where ONNX Runtime refuses the graph.
   */
  static async load(
    ort: OrtModule,
    bytes: Uint8Array,
    options: Ort.InferenceSession.SessionOptions,
    source = 'the model',
  ): Promise<SessionRunner> {
    const session = await ort.InferenceSession.create(bytes, options).catch((cause: unknown) => {
      throw new DataError({ what: `ONNX Runtime cannot load ${source}.`, received: messageOf(cause) }, { cause });
    });
    try {
      return new SessionRunner(ort.Tensor, session);
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
  if (dtype !== spec.dtype || !(data instanceof DTYPE_ARRAYS[dtype])) {
    throw new UsageError({
      what: `Input ${spec.name} has the wrong type.`,
      expected: `${spec.dtype} in a ${DTYPE_ARRAYS[spec.dtype].name}`,
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
  return isShared(data.buffer) ? new DTYPE_ARRAYS[dtype](data) : data;
}

function isOtherSize(expected: number | string, size: number | undefined): boolean {
  return typeof expected === 'number' && expected >= 0 ? size !== expected : size === undefined;
}

/** What another's error says. */
export function messageOf(cause: unknown): string {
  return cause instanceof Error ? cause.message : String(cause);
}

/** A page without cross-origin isolation has no shared memory, nor a name for it. */
function isShared(buffer: ArrayBufferLike): boolean {
  return typeof SharedArrayBuffer !== 'undefined' && buffer instanceof SharedArrayBuffer;
}
