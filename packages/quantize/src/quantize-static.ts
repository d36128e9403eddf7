import { checkKeys, checkOneOf, UsageError, type NdArrays } from '@asc/core';
import { OnnxRunner, type OnnxModel } from '@asc/onnx';
import { calibrate, calibrationDefaults, noFeeds, type CalibrationOptions } from './calibrate.js';
import { planQuantization } from './plan-quantization.js';
import { probeModel } from './probe-model.js';
import { activationParameters, type QuantizationParameters, type ValueRange } from './quantization-parameters.js';
import { rewriteGraph, type ValueShapes } from './rewrite/rewrite-graph.js';
import { writeQdq } from './write-qdq.js';

export interface QuantizeOptions extends CalibrationOptions {
  /** Type of the activations; default `uint8`. Weights are int8 per channel, biases int32, either way. On x64, ONNX Runtime turns
   * int8 activations into uint8 ones, and leaves the layers around a branch in float32 where it cannot: same numbers, slower. */
  readonly activation?: 'int8' | 'uint8';
}

type Feeds = AsyncIterable<NdArrays> | Iterable<NdArrays>;

/** Per-channel DequantizeLinear came with opset 13; beyond 23 nothing was tried. */
const OPSETS = { min: 13, max: 23 } as const;

/**
 * The model with 8-bit weights and activations, in the QuantizeLinear–DequantizeLinear form that ONNX Runtime turns into
 * integer kernels: from the first convolution on, without the front end (nodes named `frontend/…`). Scales and zero points
 * are those of onnxruntime's own `quantize_static` (per channel). Inputs, outputs and metadata stay as they are.
 *
 * @param calibration Feeds of the model's inputs, e.g. 100 clips of the training split, a few a feed.
 * @throws UsageError where the stream is empty, the model is quantized already, has float16 weights, another opset than 13 to
 * 23 or nothing to quantize, or an option is unknown.
 * @throws DataError where a value is NaN or infinite during calibration.
 */
export async function quantizeStatic(
  model: OnnxModel,
  calibration: Feeds,
  options: QuantizeOptions = {},
): Promise<OnnxModel> {
  checkKeys('The quantization options', options, ['method', 'percentile', 'threads', 'activation']);
  const { activation = 'uint8', ...calibrationOptions } = options;
  checkOneOf('activation', activation, ['int8', 'uint8']);
  calibrationDefaults(calibrationOptions);
  checkQuantizable(model);

  const feeds = iterate(calibration);
  const first = await feeds.next();
  if (first.done === true) throw noFeeds();
  const rewritten = rewriteGraph(model, await observeShapes(model, first.value, options.threads));
  const plan = planQuantization(rewritten, activation);
  if (plan.activations.size === 0) {
    throw new UsageError({
      what: 'The model has nothing to quantize.',
      expected: 'a Conv, Gemm or MatMul with constant float32 weights outside the front end',
      received: [...new Set(model.nodes.map(({ op }) => op))].join(', ') || 'no nodes',
    });
  }
  const watched = [...plan.rangeSources.values()].flat();
  const ranges = await calibrate(rewritten, prepend(first.value, feeds), calibrationOptions, watched);
  const parameters = new Map<string, QuantizationParameters>();
  for (const [group, sources] of plan.rangeSources) {
    parameters.set(group, activationParameters(union(sources, ranges), activation));
  }
  return writeQdq(rewritten, plan, parameters);
}

function checkQuantizable(model: OnnxModel): void {
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
