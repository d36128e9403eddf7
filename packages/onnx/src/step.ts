import type { NdArrays, NdSpec, RandomSource, Rng } from '@asc/core';
import type { Tensor, Variable } from '@tensorflow/tfjs-core';
import { EXECUTION_PROVIDERS, type ExecutionProvider } from './model/execution-provider.js';
import type { LayerLike } from './trace/trace.js';
import type { LoweringTable } from './trace/lowering.js';

/**
 * A synchronous tfjs function of named tensors, e.g. a whole training step. It may read and `assign` the variables it was
 * compiled with and draw from `random`; it must not read tensor values or draw randomness any other way.
 */
export type StepFunction = (
  inputs: Readonly<Record<string, Tensor>>,
  random: RandomSource<Tensor>,
) => Record<string, Tensor>;

/**
 * `cpu`, `webgpu` and `cuda` trace the function once and run it with ONNX Runtime, on the execution provider of that name;
 * `eager` runs it with tfjs, the reference.
 */
export type Engine = 'eager' | ExecutionProvider;

/** Every engine there is, by name. */
export const ENGINES: readonly Engine[] = [...EXECUTION_PROVIDERS, 'eager'];

export interface StepOptions {
  /** Shape and type of each named input. A compiled step has concrete shapes. */
  readonly inputs: Readonly<Record<string, NdSpec>>;
  /** Every variable the function reads or assigns, by a stable name. */
  readonly state?: Readonly<Record<string, Variable>>;
  /** Default `cpu`. */
  readonly engine?: Engine;
  /** Intra-op threads of ONNX Runtime; default: one per core. */
  readonly threads?: number;
  /** Layers whose names should appear in errors and in the graph, e.g. `model.layers`. */
  readonly layers?: readonly LayerLike[];
  /**
   * Kernel lowerings; default `DEFAULT_LOWERINGS`. Spread it to add one for a kernel of your own. On the processor, convolutions
   * that are left at their default go in the channel blocks it has kernels for.
   */
  readonly lowerings?: LoweringTable;
}

/** A function with state, ready to run. The state starts as the variables' values at compile time. */
export interface CompiledStep {
  /** Run once: state advances, outputs come back. Each random draw is filled from `rng`, split by the draw's name. Calls wait for one another. */
  run(inputs: NdArrays, rng: Rng): Promise<NdArrays>;
  /** A copy of the state. */
  readState(): NdArrays;
  /** Replace (part of) the state; unknown names and wrong shapes are refused. */
  writeState(values: NdArrays): void;
  /** Copy the state into the tfjs variables, so that the eager model has the trained weights. */
  writeVariables(): void;
  /** Frees the native memory; runs are refused from then on, the state can still be read. Safe to call twice. */
  release(): Promise<void>;
}
