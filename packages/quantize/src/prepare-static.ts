import { UsageError, type NdArrays } from '@asc/core';
import { OnnxRunner, type OnnxModel } from '@asc/onnx';
import { calibrate, noFeeds, type CalibrationOptions } from './calibrate.js';
import { floatValues } from './float-values.js';
import { equalise } from './equalise.js';
import { planQuantization, type QuantizationPlan } from './plan-quantization.js';
import { probeModel } from './probe-model.js';
import { activationParameters, type QuantizationParameters, type ValueRange } from './quantization-parameters.js';
import { SCHEME_TYPES, type QuantizationScheme } from './quantization-scheme.js';
import { quickenGraph } from './rewrite/quicken-graph.js';
import { rewriteGraph, type ValueShapes } from './rewrite/rewrite-graph.js';
import { writeQdq } from './write-qdq.js';

export type Feeds = AsyncIterable<NdArrays> | Iterable<NdArrays>;

/** A float32 model in operators that have 8-bit kernels, with the range of every value a plan may ask for. */
export interface PreparedModel {
  readonly model: OnnxModel;
  readonly ranges: ReadonlyMap<string, ValueRange>;
}

export interface PrepareOptions {
  readonly calibration: CalibrationOptions;
  readonly scheme: QuantizationScheme;
  readonly keepFloat: ReadonlySet<string>;
  readonly equalise: boolean;
  /** Watch every value, so that any choice of layers can be planned; default only those of this plan. */
  readonly everyValue?: boolean;
}

/** Per-channel DequantizeLinear came with opset 13; beyond 23 nothing was tried. */
const OPSETS = { min: 13, max: 23 } as const;

/** Checks, rewrites and calibrates. @throws as `quantizeStatic`. */
export async function prepareStatic(model: OnnxModel, feeds: Feeds, options: PrepareOptions): Promise<PreparedModel> {
  const { calibration, scheme, keepFloat } = options;
  checkQuantizable(model);
  const stream = iterate(feeds);
  const first = await stream.next();
  if (first.done === true) throw noFeeds();
  const shapes = await observeShapes(model, first.value, calibration.threads);
  const rewritten = rewriteGraph(model, shapes);
  const ready = quickenGraph(options.equalise ? equalise(rewritten) : rewritten, shapes);
  const plan = planQuantization(ready, SCHEME_TYPES[scheme].activation, keepFloat);
  if (plan.activations.size === 0) {
    throw new UsageError({
      what: 'The model has nothing to quantize.',
      expected: 'a Conv, Gemm or MatMul with constant float32 weights outside the front end',
      received: [...new Set(model.nodes.map(({ op }) => op))].join(', ') || 'no nodes',
    });
  }
  const planned = [...plan.rangeSources.values()].flat();
  const floats = options.everyValue === true ? floatValues(ready) : new Set<string>();
  const made = ready.nodes.flatMap(({ outputs }) => outputs).filter((output) => floats.has(output));
  const watched = new Set([...planned, ...made]);
  const ranges = await calibrate(ready, prepend(first.value, stream), calibration, watched);
  for (const { op, outputs } of ready.nodes) {
    // What a Softmax may give is known.
    if (op === 'Softmax' && ranges.has(outputs[0] ?? '')) ranges.set(outputs[0] ?? '', { min: 0, max: 1 });
  }
  return { model: ready, ranges };
}

/** The plan of a prepared model, and the parameters of its activation groups. */
export function planPrepared(
  { model, ranges }: PreparedModel,
  scheme: QuantizationScheme,
  keepFloat: ReadonlySet<string>,
): { readonly plan: QuantizationPlan; readonly parameters: Map<string, QuantizationParameters> } {
  const { activation } = SCHEME_TYPES[scheme];
  const plan = planQuantization(model, activation, keepFloat);
  const parameters = new Map<string, QuantizationParameters>();
  for (const [group, sources] of plan.rangeSources) {
    parameters.set(group, activationParameters(union(sources, ranges), activation));
  }
  return { plan, parameters };
}

/** The 8-bit graph of a prepared model. */
export function writePrepared(
  prepared: PreparedModel,
  scheme: QuantizationScheme,
  keepFloat: ReadonlySet<string>,
): OnnxModel {
  const { plan, parameters } = planPrepared(prepared, scheme, keepFloat);
  return writeQdq(prepared.model, plan, parameters, SCHEME_TYPES[scheme].weight);
}

/** @throws UsageError for a model that is not plain float32, or of an opset nobody tried. */
export function checkQuantizable(model: OnnxModel): void {
  const opset = model.opsets[''] ?? 0;
  if (opset < OPSETS.min || opset > OPSETS.max) {
    throw new UsageError({
      what: 'This version of the ONNX operators cannot be quantized.',
      expected: `opset ${OPSETS.min} to ${OPSETS.max}`,
      received: `opset ${opset}`,
      hint: 'Export the model again with a supported opset.',
    });
  }
  const quantized = model.nodes.find(({ op }) => /QuantizeLinear|^QLinear|^QGemm|Integer/.test(op));
  if (quantized !== undefined) {
    throw new UsageError({
      what: 'The model is quantized already.',
      expected: 'a float32 model',
      received: `a ${quantized.op} node (${quantized.outputs[0]})`,
      hint: 'Quantize the float32 model it was made from.',
    });
  }
  const half = [...model.initializers].find(([, tensor]) => tensor.type === 'float16');
  if (half !== undefined) {
    throw new UsageError({
      what: 'The model has float16 weights.',
      expected: 'a float32 model',
      received: `${half[0]} in float16`,
      hint: 'Quantize the float32 model it was made from.',
    });
  }
}

/** Shape of every node output for one feed. */
async function observeShapes(model: OnnxModel, feed: NdArrays, threads: number | undefined): Promise<ValueShapes> {
  const values = model.nodes.flatMap((node) => node.outputs).filter((name) => name !== '');
  const probed = probeModel(model, [...model.inputs.map(({ name }) => name), ...values], 'shape');
  const runner = await OnnxRunner.create(probed.model, threads === undefined ? {} : { threads });
  try {
    const results = await runner.run(feed);
    return new Map([...probed.names].map(([value, [part = '']]) => [value, Array.from(results[part]?.data ?? [])]));
  } finally {
    await runner.release();
  }
}

function union(sources: readonly string[], ranges: ReadonlyMap<string, ValueRange>): ValueRange {
  const found = sources.flatMap((source) => ranges.get(source) ?? []);
  return { min: Math.min(...found.map(({ min }) => min)), max: Math.max(...found.map(({ max }) => max)) };
}

async function* iterate(feeds: Feeds): AsyncGenerator<NdArrays> {
  yield* feeds;
}

async function* prepend(first: NdArrays, rest: AsyncIterable<NdArrays>): AsyncGenerator<NdArrays> {
  yield first;
  yield* rest;
}
