import { type NdArray, type NdArrays, type Rng, checkKeys, checkOneOf, sizeOf } from '@asc/core';
import type { Variable } from '@tensorflow/tfjs-core';
import { createEagerStep } from './eager-step.js';
import { channelBlock } from './model/channel-block.js';
import { OnnxRunner } from './model/onnx-runner.js';
import { drawKey } from './random-source.js';
import { ENGINES, type CompiledStep, type Engine, type StepFunction, type StepOptions } from './step.js';
import { checkInputs, checkState, releasedError, tensorNumbers, writeVariable } from './step-state.js';
import type { LoweringTable } from './trace/lowering.js';
import { DEFAULT_LOWERINGS } from './trace/lowerings/index.js';
import { processorLowerings } from './trace/lowerings/processor.js';
import { type Trace, trace } from './trace/trace.js';
import { stateInput, stateOutput } from './trace/variable-swap.js';

/**
 * Makes a function with state ready to run: traced into one ONNX graph and run by ONNX Runtime (`cpu`, `webgpu`,
 * `cuda`), or run by tfjs on its current backend (`eager`). All give the same numbers up to rounding, random draws included.
 *
 * @throws TraceError where the function cannot be traced, naming op and layer.
 * @throws UsageError where the engine is not there on this machine.
 */
export async function compileStep(fn: StepFunction, options: StepOptions): Promise<CompiledStep> {
  checkKeys('options', options, ['inputs', 'state', 'engine', 'threads', 'layers', 'lowerings']);
  const engine = options.engine ?? 'cpu';
  checkOneOf('engine', engine, ENGINES);
  if (engine === 'eager') return createEagerStep(fn, options);
  const traced = trace(fn, { ...options, lowerings: await loweringsFor(engine, options.lowerings) });
  const runner = await OnnxRunner.create(traced.model, {
    engine,
    workload: 'long',
    // The last rewrites would put pools and the like in channel blocks, at the price of reordering around each.
    optimisation: 'extended',
    ...(options.threads === undefined ? {} : { threads: options.threads }),
  });
  return new NativeStep(traced, runner, options);
}

/**
 * The lowerings a step is compiled with: those given, and on `cpu`, in the place of each that is the default, the one this processor has
 * faster kernels for.
 */
export async function loweringsFor(
  engine: Exclude<Engine, 'eager'>,
  given: LoweringTable = DEFAULT_LOWERINGS,
): Promise<LoweringTable> {
  if (engine !== 'cpu') return given;
  const faster = Object.entries(processorLowerings(await channelBlock())).filter(
    ([kernel]) => given[kernel] === DEFAULT_LOWERINGS[kernel],
  );
  return { ...given, ...Object.fromEntries(faster) };
}

class NativeStep implements CompiledStep {
  private readonly state = new Map<string, NdArray>();
  private readonly draws: readonly { readonly spec: Trace['draws'][number]; readonly buffer: NdArray }[];
  private readonly written: ReadonlySet<string>;
  private readonly variables: Readonly<Record<string, Variable>>;
  /** The end of the last run: one run at a time, each from the state the one before left. */
  private last: Promise<unknown> = Promise.resolve();
  private released = false;

  constructor(
    private readonly traced: Trace,
    private readonly runner: OnnxRunner,
    private readonly options: StepOptions,
  ) {
    this.variables = options.state ?? {};
    // Not copied, which takes seconds for tens of millions of numbers: neither tfjs nor ONNX Runtime writes into them.
    for (const [name, variable] of Object.entries(this.variables)) this.state.set(name, tensorNumbers(variable));
    this.draws = traced.draws.map((spec) => ({
      spec,
      buffer: { dtype: 'float32', shape: spec.shape, data: new Float32Array(sizeOf(spec.shape)) },
    }));
    this.written = new Set(traced.writes);
  }

  async run(inputs: NdArrays, rng: Rng): Promise<NdArrays> {
    if (this.released) throw releasedError();
    checkInputs(inputs, this.options.inputs);
    const run = this.last.then(() => this.runNow(inputs, rng));
    this.last = run.catch(() => undefined);
    return run;
  }

  private async runNow(inputs: NdArrays, rng: Rng): Promise<NdArrays> {
    const feeds: Record<string, NdArray> = { ...inputs };
    for (const name of this.traced.reads) feeds[stateInput(name)] = this.state.get(name)!;
    for (const { spec, buffer } of this.draws) {
      const stream = rng.split(...drawKey(spec.kind, spec.label, spec.index));
      if (spec.kind === 'uniform') stream.fillUniform(buffer.data as Float32Array);
      else stream.fillNormal(buffer.data as Float32Array);
      feeds[spec.input] = buffer;
    }
    const results = await this.runner.run(feeds);
    for (const name of this.written) this.state.set(name, results[stateOutput(name)]!);
    return Object.fromEntries(this.traced.outputs.map((name) => [name, results[name]!]));
  }

  readState(): NdArrays {
    return Object.fromEntries([...this.state].map(([name, array]) => [name, { ...array, data: array.data.slice() }]));
  }

  writeState(values: NdArrays): void {
    for (const [name, array] of Object.entries(values)) checkState(name, array, this.state.get(name));
    for (const [name, array] of Object.entries(values)) this.state.set(name, { ...array, data: array.data.slice() });
  }

  writeVariables(): void {
    for (const [name, array] of this.state) writeVariable(this.variables[name]!, array);
  }

  async release(): Promise<void> {
    this.released = true;
    await this.last;
    await this.runner.release();
  }
}
