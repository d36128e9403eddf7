import { checkFinite, checkKeys, checkOneOf, DataError, UsageError, type NdArrays } from '@asc/core';
import { OnnxRunner, type OnnxModel } from '@asc/onnx';
import { floatValues } from './float-values.js';
import { probeModel } from './probe-model.js';
import type { ValueRange } from './quantization-parameters.js';
import { ValueHistogram } from './value-histogram.js';

export interface CalibrationOptions {
  /** `minmax`: the whole observed range. `percentile`: without the outermost values. Default `minmax`. */
  readonly method?: 'minmax' | 'percentile';
  /** Share of the values inside the range, in percent, for `percentile`; default 99.999. */
  readonly percentile?: number;
  /** Threads of ONNX Runtime; default: physical cores. */
  readonly threads?: number;
}

/** Options of {@link calibrate} with their defaults. @throws UsageError for unknown keys or impossible values. */
export function calibrationDefaults(options: CalibrationOptions): Required<Omit<CalibrationOptions, 'threads'>> {
  checkKeys('The calibration options', options, ['method', 'percentile', 'threads']);
  const { method = 'minmax', percentile = 99.999 } = options;
  checkOneOf('method', method, ['minmax', 'percentile']);
  checkFinite('percentile', percentile, { min: 50, max: 100 });
  return { method, percentile };
}

/**
 * Ranges of values inside a float32 model over a stream of feeds. `percentile` copies every value out of the graph: keep its
 * feeds small (a few clips each).
 *
 * @param values Names of the values to watch; default: every float32 input and node output.
 * @throws UsageError where there is no feed, or a feed does not fit the model's inputs.
 * @throws DataError where a value is NaN or infinite: the first such value in graph order is named.
 */
export async function calibrate(
  model: OnnxModel,
  feeds: AsyncIterable<NdArrays> | Iterable<NdArrays>,
  options: CalibrationOptions = {},
  values: Iterable<string> = activations(model),
): Promise<Map<string, ValueRange>> {
  const { method, percentile } = calibrationDefaults(options);
  const probed = probeModel(model, values, method === 'minmax' ? 'range' : 'values');
  const runner = await OnnxRunner.create(
    probed.model,
    options.threads === undefined ? {} : { threads: options.threads },
  );
  const ranges = new Map<string, ValueRange>();
  const histograms = new Map<string, ValueHistogram>();
  let count = 0;
  try {
    for await (const feed of feeds) {
      const results = await runner.run(feed);
      for (const [value, parts] of probed.names) {
        const [first, max, sum] = parts.map((part) => results[part]?.data as Float32Array);
        if (first === undefined) continue;
        const range = method === 'minmax' ? rangeOf(first[0], max?.[0], sum?.[0]) : rangeOfAll(first);
        if (range === undefined) throw notFinite(value, count);
        const old = ranges.get(value) ?? range;
        ranges.set(value, { min: Math.min(old.min, range.min), max: Math.max(old.max, range.max) });
        if (method === 'minmax') continue;
        const histogram = histograms.get(value) ?? new ValueHistogram();
        histograms.set(value, histogram);
        histogram.add(first, range);
      }
      count++;
    }
  } finally {
    await runner.release();
  }
  if (count === 0) throw noFeeds();
  for (const [value, histogram] of histograms) ranges.set(value, histogram.range(percentile));
  return ranges;
}

/** @internal */
export function noFeeds(): UsageError {
  return new UsageError({
    what: 'There is nothing to calibrate with.',
    expected: 'at least one feed; 100 clips of the training split are plenty',
    received: 'an empty stream',
  });
}

function activations(model: OnnxModel): string[] {
  const floats = floatValues(model);
  const values = [...model.inputs.map(({ name }) => name), ...model.nodes.flatMap((node) => node.outputs)];
  return values.filter((value) => floats.has(value));
}

function rangeOf(min = Number.NaN, max = Number.NaN, sum = Number.NaN): ValueRange | undefined {
  return Number.isFinite(min) && Number.isFinite(max) && !Number.isNaN(sum) ? { min, max } : undefined;
}

function rangeOfAll(values: Float32Array): ValueRange | undefined {
  let min = Infinity;
  let max = -Infinity;
  let sum = 0;
  for (const value of values) {
    if (value < min) min = value;
    if (value > max) max = value;
    sum += value;
  }
  return rangeOf(min, max, sum);
}

function notFinite(value: string, feed: number): DataError {
  return new DataError({
    what: `Value ${value} of the model is NaN or infinite for calibration feed ${feed}.`,
    expected: 'finite numbers',
    hint: 'Look for damaged or silent clips among the calibration data, or a model whose training diverged.',
  });
}
