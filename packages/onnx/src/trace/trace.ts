import {
  AscError,
  type FrontEndPlan,
  type NdSpec,
  type RandomSource,
  TraceError,
  UsageError,
  describeValue,
} from '@asc/core';
import {
  type GradConfig,
  Tensor,
  type Variable,
  engine,
  getBackend,
  getGradient,
  registerGradient,
  removeBackend,
  setBackend,
  tidy,
  unregisterGradient,
} from '@tensorflow/tfjs-core';
import { frontEndGraph } from '../export/front-end-graph.js';
import type { OnnxModel } from '../model/onnx-model.js';
import type { StepFunction } from '../step.js';
import { compareTraces } from './compare-traces.js';
import { TRACED_GRADIENTS } from './gradients.js';
import { KeptTensors } from './kept-tensors.js';
import type { GradientOverride, LoweringTable } from './lowering.js';
import { DEFAULT_LOWERINGS } from './lowerings/index.js';
import { optimise } from './optimise.js';
import { TRACE_BACKEND, traceBackend } from './trace-backend.js';
import { TraceContext, unknownKernel } from './trace-context.js';
import { type Value, sameShape } from './value.js';
import { VariableSwap, stateInput } from './variable-swap.js';

/** What the tracer needs of a tfjs-layers layer: to know when it is being called. */
export interface LayerLike {
  readonly name: string;
  call(...args: never[]): unknown;
  /** Layers inside (of a nested model). */
  readonly layers?: readonly LayerLike[];
}

export interface TraceOptions {
  readonly inputs: Readonly<Record<string, NdSpec>>;
  readonly state?: Readonly<Record<string, Variable>>;
  /** Layers whose names should appear in node names and errors. */
  readonly layers?: readonly LayerLike[];
  readonly lowerings?: LoweringTable;
  readonly gradients?: readonly GradientOverride[];
  /** Puts a front end between the one input, samples (B, S), and the function, which then gets a map of `shape`. */
  readonly frontEnd?: { readonly plan: FrontEndPlan; readonly shape: readonly number[] };
}

/** A random draw the graph has as an input. */
export interface Draw {
  readonly input: string;
  readonly kind: 'uniform' | 'normal';
  /** The layer's name for it, and how many draws of that name came before. */
  readonly label: string;
  readonly index: number;
  readonly shape: readonly number[];
}

export interface Trace {
  /** Inputs: those named, then `state/NAME`, then the draws. Outputs: those the function returned, then `next/NAME`. */
  readonly model: OnnxModel;
  readonly outputs: readonly string[];
  /** Names of the state that the function reads (graph inputs). */
  readonly reads: readonly string[];
  /** Names of the state that the function assigns (graph outputs). */
  readonly writes: readonly string[];
  readonly draws: readonly Draw[];
}

const RESERVED = /^(state|next|random)\//;

/**
 * Runs `fn` once on symbols and returns the ONNX graph of what it did: forward, gradients and assignments alike.
 * Shapes are those of `options.inputs`. Variables that are not part of `state` become constants with their present value.
 *
 * @throws TraceError by the name of the op and layer: unknown kernel, hidden randomness, a value read, a variable made or
 * assigned that is not part of the state.
 */
export function trace(fn: StepFunction, options: TraceOptions): Trace {
  const first = traceOnce(fn, options);
  // Numbers drawn in JavaScript show as constants that differ from run to run.
  const second = traceOnce(fn, options);
  first.written.forEach((constant, i) => {
    if (constant.key !== second.written[i]?.key) {
      throw new TraceError({
        what: `A constant differs from one trace to the next${constant.where}: it is drawn or counted in JavaScript, and the graph would freeze it.`,
        hint: "Pass it as an input, or draw it from the step's `random` argument.",
      });
    }
  });
  compareTraces(first.trace.model, second.trace.model);
  return first.trace;
}

interface Traced {
  readonly trace: Trace;
  readonly written: readonly { readonly key: string; readonly where: string }[];
}

function traceOnce(fn: StepFunction, options: TraceOptions): Traced {
  checkInputNames(options);
  const lowerings = options.lowerings ?? DEFAULT_LOWERINGS;
  const backend = traceBackend();
  if (backend.active !== undefined) throw new TraceError({ what: 'A function was traced inside a trace.' });
  for (const kernelName of Object.keys(lowerings)) backend.provide(kernelName);
  const context = new TraceContext(backend, lowerings);
  const state = options.state ?? {};
  const undo: (() => void)[] = [];
  try {
    // Whatever is changed here is changed back, whatever happens.
    backend.active = context;
    undo.push(() => (backend.active = undefined));
    undo.push(useBackend());
    undo.push(overrideGradients(options.gradients ?? TRACED_GRADIENTS));
    undo.push(nameLayers(options.layers ?? [], context));
    const kept = new KeptTensors(
      (t) => backend.owns(t.dataId),
      () => context.where(),
    );
    undo.push(() => kept.restore());
    const variables = new VariableSwap(state, context);
    undo.push(() => variables.restore());
    const { outputs, draws } = callTraced(fn, options, context);
    const writes = variables.publishAssigned();
    kept.refuse();
    const model = optimise(context.graph.build('asc'));
    const declared = new Set(model.inputs.map((i) => i.name));
    return {
      trace: {
        model,
        outputs,
        reads: Object.keys(state).filter((name) => declared.has(stateInput(name))),
        writes,
        draws: draws.filter((d) => declared.has(d.input)),
      },
      written: context.written,
    };
  } catch (error) {
    throw explain(error, context);
  } finally {
    for (const restore of undo.reverse()) restore();
  }
}

/** Makes the trace backend current; returns how to go back. */
function useBackend(): () => void {
  const previous = getBackend() as string | undefined | null;
  void setBackend(TRACE_BACKEND);
  // Where no backend was chosen yet, tfjs should be free to choose one later.
  return () => (previous ? void setBackend(previous) : removeBackend(TRACE_BACKEND));
}

function checkInputNames({ inputs }: TraceOptions): void {
  const taken = Object.keys(inputs).find((name) => name === '' || RESERVED.test(name));
  if (taken === undefined) return;
  throw new UsageError({
    what: `'${taken}' cannot be the name of an input.`,
    hint: 'The names state/…, next/… and random/… are for variables and draws.',
  });
}

function callTraced(
  fn: StepFunction,
  options: TraceOptions,
  context: TraceContext,
): { outputs: string[]; draws: Draw[] } {
  const draws: Draw[] = [];
  const outputs: string[] = [];
  tidy(() => {
    const inputs: Record<string, Tensor> = {};
    for (const [name, spec] of Object.entries(options.inputs)) {
      const value = context.graph.input(name, spec.shape, spec.dtype);
      inputs[name] = symbol(context, options.frontEnd === undefined ? value : mapOf(context, value, options.frontEnd));
    }
    const results = fn(inputs, tracedRandom(context, draws));
    for (const [name, tensor] of namedTensors(results, options)) {
      context.graph.scope = '';
      context.graph.output(name, context.value(tensor));
      outputs.push(name);
    }
  });
  return { outputs, draws };
}

/** What the function returned, if it is what it should be. */
function namedTensors(results: unknown, { inputs }: TraceOptions): [string, Tensor][] {
  if (typeof results !== 'object' || results === null || results instanceof Promise || results instanceof Tensor) {
    throw new UsageError({
      what: 'The traced function did not return named tensors.',
      expected: 'an object of tensors, e.g. { loss }',
      received: results instanceof Promise ? 'a promise' : results instanceof Tensor ? 'a tensor' : String(results),
    });
  }
  const entries = Object.entries(results);
  for (const [name, tensor] of entries) {
    if (!(tensor instanceof Tensor)) {
      throw new UsageError({
        what: `The output '${name}' of the traced function is not a tensor.`,
        received: describeValue(tensor),
      });
    }
    if (name === '' || RESERVED.test(name) || Object.hasOwn(inputs, name)) {
      throw new UsageError({
        what: `'${name}' cannot be the name of an output.`,
        hint: 'Choose one that is no input and does not begin with state/, next/ or random/.',
      });
    }
  }
  return entries as [string, Tensor][];
}

function mapOf(context: TraceContext, samples: Value, { plan, shape }: NonNullable<TraceOptions['frontEnd']>): Value {
  const map = frontEndGraph(context.graph, samples, plan);
  if (!sameShape(map.shape, shape)) {
    throw new UsageError({
      what: 'The front end does not make the feature map the model takes.',
      expected: `(${shape.join(', ')})`,
      received: `(${map.shape.join(', ')}) from ${samples.shape[1]} samples`,
      hint: 'Build the model with the bands and frames of its front end.',
    });
  }
  return map;
}

function symbol(context: TraceContext, value: Value): Tensor {
  return engine().makeTensorFromTensorInfo(context.tensor(value));
}

function tracedRandom(context: TraceContext, draws: Draw[]): RandomSource<Tensor> {
  const draw =
    (kind: Draw['kind']) =>
    (shape: readonly number[], label: string): Tensor => {
      const index = draws.filter((d) => d.label === label && d.kind === kind).length;
      const input = `random/${kind}/${label}/${index}`;
      draws.push({ input, kind, label, index, shape: [...shape] });
      return symbol(context, context.graph.input(input, shape, 'float32'));
    };
  return { uniform: draw('uniform'), normal: draw('normal') };
}

function overrideGradients(overrides: readonly GradientOverride[]): () => void {
  const originals = overrides.map((o) => getGradient(o.kernelName) as GradConfig | undefined);
  for (const override of overrides) registerGradient(override as never);
  return () => {
    overrides.forEach(({ kernelName }, i) => {
      const original = originals[i];
      if (original === undefined) unregisterGradient(kernelName);
      else registerGradient(original);
    });
  };
}

/** Wraps each layer's `call`, for the length of a trace, to know whose op is being lowered. */
function nameLayers(layers: readonly LayerLike[], context: TraceContext): () => void {
  const wrapped: LayerLike[] = [];
  const visit = (list: readonly LayerLike[]): void => {
    for (const layer of list) {
      if (Object.hasOwn(layer, 'call')) continue;
      const original = layer.call.bind(layer) as (...args: unknown[]) => unknown;
      Object.defineProperty(layer, 'call', {
        configurable: true,
        value: (...args: unknown[]) => context.inLayer(layer.name, () => original(...args)),
      });
      wrapped.push(layer);
      if (layer.layers !== undefined) visit(layer.layers);
    }
  };
  visit(layers);
  return () => {
    for (const layer of wrapped) Reflect.deleteProperty(layer, 'call');
  };
}

function explain(error: unknown, context: TraceContext): unknown {
  if (error instanceof AscError) return error;
  const where = context.whereThrown(error);
  const message = error instanceof Error ? error.message : String(error);
  const kernel = /Cannot find registered kernel '([^']+)'|Kernel '([^']+)' not registered/.exec(message);
  const name = kernel?.[1] ?? kernel?.[2];
  if (name !== undefined) return unknownKernel(name, where, error);
  return new TraceError({ what: `Tracing failed${where}: ${message}` }, { cause: error });
}
