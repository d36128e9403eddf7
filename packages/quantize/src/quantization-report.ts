import type { NdArrays } from '@asc/core';
import { OnnxRunner, type OnnxModel } from '@asc/onnx';
import { noFeeds } from './calibrate.js';
import { floatValues } from './float-values.js';
import { indexGraph } from './graph-index.js';
import { probeModel } from './probe-model.js';

/** How well one value survived quantization. */
export interface ValueError {
  /** Name of the float model's node that makes the value; of the value itself for inputs and outputs. */
  readonly name: string;
  /** Operator that makes the value in the float model; '' for a graph input. */
  readonly op: string;
  /** 10·log10(Σx² / Σ(x − x̂)²); Infinity where nothing was lost. */
  readonly sqnrDb: number;
  readonly maxAbsError: number;
}

/**
 * Signal-to-quantization-noise ratio of every value that both models hold, in graph order, graph outputs last: the float
 * model's value against what the quantized model's readers get. Low values show where the precision goes.
 *
 * @throws UsageError where there is no feed, or one does not fit the inputs.
 */
export async function quantizationReport(
  float: OnnxModel,
  quantized: OnnxModel,
  feeds: AsyncIterable<NdArrays> | Iterable<NdArrays>,
  options: { readonly threads?: number } = {},
): Promise<ValueError[]> {
  const pairs = matchValues(float, quantized);
  const reference = probeModel(float, pairs.keys(), 'values');
  const tested = probeModel(quantized, new Set(pairs.values()), 'values');
  const sums = new Map([...pairs.keys()].map((name) => [name, { signal: 0, noise: 0, worst: 0 }]));
  const runners = [await OnnxRunner.create(reference.model, options), await OnnxRunner.create(tested.model, options)];
  let count = 0;
  try {
    for await (const feed of feeds) {
      const [expected = {}, received = {}] = [await runners[0]?.run(feed), await runners[1]?.run(feed)];
      for (const [name, twin] of pairs) {
        const x = expected[reference.names.get(name)?.[0] ?? '']?.data ?? [];
        const y = received[tested.names.get(twin)?.[0] ?? '']?.data ?? [];
        const sum = sums.get(name);
        if (sum !== undefined) addErrors(sum, x, y);
      }
      count++;
    }
  } finally {
    await Promise.all(runners.map((runner) => runner.release()));
  }
  if (count === 0) throw noFeeds();
  const { producerOf } = indexGraph(float);
  const outputs = new Set(float.outputs.map((output) => output.name));
  return [...sums].map(([name, { signal, noise, worst }]) => ({
    name: outputs.has(name) ? name : producerOf.get(name)?.name || name,
    op: producerOf.get(name)?.op ?? '',
    sqnrDb: noise === 0 ? Infinity : 10 * Math.log10(signal / noise),
    maxAbsError: worst,
  }));
}

/** Float value → value of the quantized model that stands for it: behind the Q–DQ pair that reads it, or of its name. */
function matchValues(float: OnnxModel, quantized: OnnxModel): Map<string, string> {
  const floats = floatValues(float);
  const known = new Set([...float.inputs.map(({ name }) => name), ...float.nodes.flatMap((node) => node.outputs)]);
  const { producerOf } = indexGraph(quantized);
  const pairs = new Map<string, string>();
  for (const node of quantized.nodes) {
    const [output = ''] = node.outputs;
    if (node.op !== 'DequantizeLinear') continue;
    const quantizer = producerOf.get(node.inputs[0] ?? '');
    // An integer Max writes `x.q7` without a QuantizeLinear of its own.
    const names = [output, quantizer?.inputs[0], quantizer?.outputs[0]?.replace(/\.q\d+$/, '')];
    const name = names.find((candidate) => candidate !== undefined && known.has(candidate) && floats.has(candidate));
    if (quantizer !== undefined && name !== undefined) pairs.set(name, output);
  }
  for (const { name, type } of quantized.outputs) {
    if (type !== 'float32' || !known.has(name)) continue;
    pairs.delete(name);
    pairs.set(name, name);
  }
  return pairs;
}

function addErrors(
  sum: { signal: number; noise: number; worst: number },
  expected: ArrayLike<number>,
  received: ArrayLike<number>,
): void {
  for (let i = 0; i < expected.length; i++) {
    const x = expected[i] ?? 0;
    const error = x - (received[i] ?? 0);
    sum.signal += x * x;
    sum.noise += error * error;
    sum.worst = Math.max(sum.worst, Math.abs(error));
  }
}
