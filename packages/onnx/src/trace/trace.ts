import { AscError, type FrontEndPlan, type NdSpec, type RandomSource, TraceError, UsageError } from '@asc/core';
import {
  type DataId,
  type Tensor,
  type Variable,
  engine,
  getBackend,
  getGradient,
  registerGradient,
  setBackend,
  tidy,
} from '@tensorflow/tfjs-core';
import { frontEndGraph } from '../export/front-end-graph.js';
import type { OnnxModel } from '../model/onnx-model.js';
import type { StepFunction } from '../step.js';
import { TRACED_GRADIENTS } from './gradients.js';
import type { GradientOverride, LoweringTable } from './lowering.js';
import { DEFAULT_LOWERINGS } from './lowerings/index.js';
import { optimise } from './optimise.js';
import { TRACE_BACKEND, traceBackend } from './trace-backend.js';
import { TraceContext } from './trace-context.js';
import { type Value, sameShape } from './value.js';

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

export const stateInput = (name: string): string => `state/${name}`;
export const stateOutput = (name: string): string => `next/${name}`;

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
  return first.trace;
}

interface Traced {
  readonly trace: Trace;
  readonly written: readonly { readonly key: string; readonly where: string }[];
}

function traceOnce(fn: StepFunction, options: TraceOptions): Traced {
  const lowerings = options.lowerings ?? DEFAULT_LOWERINGS;
  const backend = traceBackend();
  if (backend.active !== undefined) throw new TraceError({ what: 'A function was traced inside a trace.' });
  for (const kernelName of Object.keys(lowerings)) backend.provide(kernelName);
  const context = new TraceContext(backend, lowerings);
  const restoreGradients = overrideGradients(options.gradients ?? TRACED_GRADIENTS);
  const previous = getBackend();
  const restoreLayers = nameLayers(options.layers ?? [], context.layers);
  const variables = new VariableSwap(options.state ?? {}, context);
  backend.active = context;
  try {
    setBackend(TRACE_BACKEND);
    const { outputs, draws } = callTraced(fn, options, context);
    const writes = variables.publishAssigned();
    const model = optimise(context.graph.build('asc'));
    const declared = new Set(model.inputs.map((i) => i.name));
    return {
      trace: {
        model,
        outputs,
        reads: Object.keys(options.state ?? {}).filter((name) => declared.has(stateInput(name))),
        writes,
        draws: draws.filter((d) => declared.has(d.input)),
      },
      written: context.written,
    };
  } catch (error) {
    throw explain(error, context);
  } finally {
    variables.restore();
    restoreLayers();
    setBackend(previous);
    backend.active = undefined;
    restoreGradients();
  }
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
    for (const [name, tensor] of Object.entries(results)) {
      context.graph.scope = '';
      context.graph.output(name, context.value(tensor));
      outputs.push(name);
    }
  });
  return { outputs, draws };
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
  const originals = overrides.map((o) => getGradient(o.kernelName));
  for (const override of overrides) registerGradient(override as never);
  return () => {
    for (const original of originals) if (original !== undefined) registerGradient(original);
  };
}

/** Wraps each layer's `call`, for the length of a trace, to know whose op is being lowered. */
function nameLayers(layers: readonly LayerLike[], stack: string[]): () => void {
  const wrapped: LayerLike[] = [];
  const visit = (list: readonly LayerLike[]): void => {
    for (const layer of list) {
      if (Object.hasOwn(layer, 'call')) continue;
      const original = layer.call.bind(layer) as (...args: unknown[]) => unknown;
      Object.defineProperty(layer, 'call', {
        configurable: true,
        value: (...args: unknown[]) => {
          stack.push(layer.name);
          const result = original(...args);
          stack.pop();
          return result;
        },
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

/** Puts symbols in the place of every live variable's data, and afterwards the data back. */
class VariableSwap {
  private readonly originals = new Map<Variable, DataId>();
  private readonly symbols = new Map<Variable, DataId>();
  private readonly names = new Map<Variable, string>();
  private readonly known: Set<string>;

  constructor(
    state: Readonly<Record<string, Variable>>,
    private readonly context: TraceContext,
  ) {
    for (const [name, variable] of Object.entries(state)) {
      if (this.names.has(variable)) {
        throw new TraceError({ what: `State '${name}' and '${this.names.get(variable)}' are the same variable.` });
      }
      this.names.set(variable, name);
    }
    const registered = engine().state.registeredVariables;
    this.known = new Set(Object.keys(registered));
    for (const variable of new Set([...this.names.keys(), ...Object.values(registered)])) {
      this.originals.set(variable, variable.dataId);
      const name = this.names.get(variable);
      const id =
        name === undefined
          ? context.bindConstant(variable.dataSync<'float32'>(), 'float32')
          : context.bind(context.graph.input(stateInput(name), variable.shape, variable.dtype as 'float32'));
      this.symbols.set(variable, id);
    }
    for (const [variable, id] of this.symbols) variable.dataId = id;
  }

  /** Makes every assigned piece of state a graph output; returns their names. */
  publishAssigned(): string[] {
    for (const name of Object.keys(engine().state.registeredVariables)) {
      if (!this.known.has(name)) {
        throw new TraceError({
          what: `The traced function made the variable '${name}': it would be made anew at every step.`,
          hint: 'Make variables before compiling and pass them as state.',
        });
      }
    }
    const writes: string[] = [];
    for (const [variable, id] of this.symbols) {
      if (variable.dataId === id) continue;
      const name = this.names.get(variable);
      if (name === undefined) {
        throw new TraceError({
          what: `The traced function assigned the variable '${variable.name}', which is not part of its state.`,
          hint: 'Pass it in `state` under a stable name.',
        });
      }
      this.context.graph.scope = '';
      this.context.graph.output(stateOutput(name), this.context.value(variable));
      writes.push(name);
    }
    return writes;
  }

  restore(): void {
    for (const [name, variable] of Object.entries(engine().state.registeredVariables)) {
      if (!this.known.has(name)) variable.dispose();
    }
    for (const [variable, original] of this.originals) {
      // An assigned variable counts a tensor of this trace as its own: hand that back first.
      if (variable.dataId !== this.symbols.get(variable)) engine().disposeTensor(variable);
      variable.dataId = original;
    }
  }
}

function explain(error: unknown, context: TraceContext): unknown {
  if (error instanceof AscError) return error;
  const message = error instanceof Error ? error.message : String(error);
  const kernel = /Cannot find registered kernel '([^']+)'|Kernel '([^']+)' not registered/.exec(message);
  const name = kernel?.[1] ?? kernel?.[2];
  if (name !== undefined) {
    return new TraceError(
      {
        what: `The tfjs kernel '${name}' has no ONNX lowering${context.where()}.`,
        hint: `Give one: trace(f, { …, lowerings: { ...DEFAULT_LOWERINGS, ${name}: (context, inputs, attrs) => … } }).`,
      },
      { cause: error },
    );
  }
  return new TraceError({ what: `Tracing failed${context.where()}: ${message}` }, { cause: error });
}
