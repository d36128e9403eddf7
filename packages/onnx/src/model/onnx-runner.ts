import { checkKeys, checkOneOf, checkPositiveInteger, DataError, type NdArrays } from '@asc/core';
import type * as Ort from 'onnxruntime-node';
import { decodeOnnx } from './decode-onnx.js';
import { encodeOnnx } from './encode-onnx.js';
import { EXECUTION_PROVIDERS, missingProvider, providerOptions, type ExecutionProvider } from './execution-provider.js';
import { importOnnxRuntime } from './import-onnx-runtime.js';
import { readOnnxBytes } from './onnx-file.js';
import type { OnnxModel } from './onnx-model.js';
import { messageOf, SessionRunner, type RunnerSpec } from './session-runner.js';

export interface RunnerOptions {
  /** Where to compute; default `cpu`. What a GPU lacks kernels for runs on the processor. */
  readonly engine?: ExecutionProvider;
  /** Intra-op threads; default: one per core this process may use. ONNX Runtime's own default is a single one on some virtual machines. */
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

/**
 * A graph loaded into ONNX Runtime, ready to run: named arrays in, named arrays out. Inputs are used in place, not copied
 * (unless they lie in shared memory, which ONNX Runtime refuses); outputs are fresh arrays. A run blocks its thread. Node only.
 */
export class OnnxRunner {
  readonly inputs: readonly RunnerSpec[];
  readonly outputs: readonly RunnerSpec[];
  readonly #runner: SessionRunner;

  private constructor(runner: SessionRunner) {
    this.#runner = runner;
    this.inputs = runner.inputs;
    this.outputs = runner.outputs;
  }

  /**
   * Loads a model, encoded bytes or a file.
   *
   * @throws UsageError where onnxruntime-node is not installed, the engine is not there, or `threads` is no positive integer.
   * @throws DataError where the file cannot be read or ONNX Runtime refuses the graph.
   */
  static async create(model: OnnxModel | Uint8Array | string, options: RunnerOptions = {}): Promise<OnnxRunner> {
    const sessionOptions = toSessionOptions(options);
    const bytes =
      typeof model === 'string' ? await readOnnxBytes(model) : model instanceof Uint8Array ? model : encodeOnnx(model);
    const ort = await importOnnxRuntime();
    const engine = options.engine ?? 'cpu';
    const nodes = () => (typeof model === 'object' && 'nodes' in model ? model : decodeOnnx(bytes)).nodes;
    const threads = options.threads ?? (await import('node:os')).availableParallelism();
    const all = { ...sessionOptions, intraOpNumThreads: threads, ...providerOptions(ort, engine, nodes) };
    const source = typeof model === 'string' ? model : 'the model';
    const session = await SessionRunner.load(ort, bytes, all, source).catch((error: unknown) => {
      throw missingProvider(engine, messageOf(error instanceof DataError ? error.cause : error)) ?? error;
    });
    return new OnnxRunner(session);
  }

  /**
   * Runs the graph once.
   *
   * @throws UsageError where `feeds` does not have exactly the graph's inputs with their types and shapes.
   * @throws DataError where ONNX Runtime fails inside the graph.
   */
  run(feeds: NdArrays): Promise<NdArrays> {
    return this.#runner.run(feeds);
  }

  /** Frees the native memory. Safe to call twice. */
  release(): Promise<void> {
    return this.#runner.release();
  }
}

function toSessionOptions(options: RunnerOptions): Ort.InferenceSession.SessionOptions {
  checkKeys('The runner options', options, ['engine', 'threads', 'optimisation', 'workload']);
  const { threads, optimisation = 'all', workload = 'short' } = options;
  if (threads !== undefined) checkPositiveInteger('threads', threads);
  checkOneOf('engine', options.engine ?? 'cpu', EXECUTION_PROVIDERS);
  checkOneOf('optimisation', optimisation, ['disabled', 'basic', 'extended', 'all']);
  checkOneOf('workload', workload, ['short', 'long']);
  return {
    graphOptimizationLevel: optimisation,
    // Errors only: they come back as exceptions anyway.
    logSeverityLevel: 3,
    ...(workload === 'short' ? {} : { enableMemPattern: false, extra: NO_SPINNING }),
  };
}
