import type { NdArray, NdArrays, NdSpec, Rng } from '@asc/core';
import { compileStep, type CompiledStep, type Engine, type StepFunction } from '@asc/onnx';
import { tensor, tidy, type Variable } from '@tensorflow/tfjs-core';

/** A step function that takes batches of any size: compiled once a shape of `x`, with one state. */
export interface SizedStep {
  run(inputs: NdArrays, rng: Rng): Promise<NdArrays>;
  readState(): NdArrays;
  /** Replaces the whole state. */
  writeState(state: NdArrays): void;
  /** Copies the state into the tfjs variables. */
  writeVariables(): void;
  release(): Promise<void>;
}

export interface StepSource {
  readonly run: StepFunction;
  readonly state: Readonly<Record<string, Variable>>;
  inputs(xShape: readonly number[]): Readonly<Record<string, NdSpec>>;
}

/** Where a step runs. */
export interface ExecutionOptions {
  readonly engine: Engine;
  /** Intra-op threads; default: one per core. */
  readonly threads?: number | undefined;
}

/**
 * Compiles `source` when the first batch of a size comes: a full batch, and perhaps one last smaller one.
 *
 * @param source.state the state starts as these variables' values at that moment, or as what `writeState` gave.
 */
export function sizedStep(source: StepSource, options: ExecutionOptions): SizedStep {
  const compiled = new Map<string, CompiledStep>();
  let current: CompiledStep | undefined;
  let state: NdArrays | undefined;

  async function select(xShape: readonly number[]): Promise<CompiledStep> {
    const key = xShape.join('×');
    const step =
      compiled.get(key) ??
      (await compileStep(source.run, {
        inputs: source.inputs(xShape),
        state: source.state,
        engine: options.engine,
        ...(options.threads === undefined ? {} : { threads: options.threads }),
      }));
    compiled.set(key, step);
    if (step !== current) {
      const moved = current?.readState() ?? state;
      if (moved !== undefined) step.writeState(moved);
      current = step;
      state = undefined;
    }
    return step;
  }

  return {
    async run(inputs, rng) {
      const step = await select(inputs['x']?.shape ?? []);
      return step.run(inputs, rng);
    },
    readState: () => current?.readState() ?? state ?? readVariables(source.state),
    writeState(values) {
      if (current === undefined) state = values;
      else current.writeState(values);
    },
    writeVariables() {
      if (current !== undefined) current.writeVariables();
      else if (state !== undefined) assignVariables(source.state, state);
    },
    async release() {
      for (const step of compiled.values()) await step.release();
      compiled.clear();
    },
  };
}

function assignVariables(variables: Readonly<Record<string, Variable>>, state: NdArrays): void {
  tidy(() => {
    for (const [name, { data, shape }] of Object.entries(state)) variables[name]?.assign(tensor(data, [...shape]));
  });
}

function readVariables(variables: Readonly<Record<string, Variable>>): NdArrays {
  return Object.fromEntries(
    Object.entries(variables).map(([name, variable]): [string, NdArray] => {
      const data = Float32Array.from(variable.dataSync());
      return [name, { dtype: 'float32', shape: variable.shape, data }];
    }),
  );
}
