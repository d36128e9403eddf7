import { checkFinite, checkKeys, checkOneOf, DataError, UsageError, type NdArrays } from '@asc/core';
import { OnnxRunner, type OnnxModel } from '@asc/onnx';
import { floatValues } from './float-values.js';
import { probeModel } from './probe-model.js';
import type { ValueRange } from './quantization-parameters.js';
import { ValueHistogram } from './value-histogram.js';

/** How the ranges of activations are told from what was observed. */
export type CalibrationMethod = 'minmax' | 'moving-average' | 'percentile' | 'entropy' | 'mse';

/** Every calibration by name. */
export const CALIBRATION_METHODS = [
  'minmax',
  'moving-average',
  'percentile',
  'entropy',
  'mse',
] as const satisfies readonly CalibrationMethod[];

/** Weight of a new feed in a moving average; onnxruntime's. */
const AVERAGING_CONSTANT = 0.01;

export interface CalibrationOptions {
  /**
   * `minmax`: the whole observed range. `moving-average`: each feed moves the range a hundredth of the way to its own.
   * `percentile`: without the outermost values. `entropy`: least divergence of 128 levels. `mse`: least squared error of 256
   * levels. Default `minmax`.
   */
  readonly method?: CalibrationMethod;
  /** Share of the values inside the range, in percent, for `percentile`; default 99.999. */
  readonly percentile?: number;
  /** Threads of ONNX Runtime; default: one per core. */
  readonly threads?: number;
}

/** Options of {@link calibrate} with their defaults. @throws UsageError for unknown keys or impossible values. */
export function calibrationDefaults(options: CalibrationOptions): Required<Omit<CalibrationOptions, 'threads'>> {
  checkKeys('The calibration options', options, ['method', 'percentile', 'threads']);
  const { method = 'minmax', percentile = 99.999 } = options;
  checkOneOf('method', method, CALIBRATION_METHODS);
  checkFinite('percentile', percentile, { min: 50, max: 100 });
  return { method, percentile };
}

/**
 * Ranges of values inside a float32 model over a stream of feeds. All methods but `minmax` and `moving-average` copy every value
 * out of the graph: keep their feeds small (a few clips each).
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
  const rangesOnly = method === 'minmax' || method === 'moving-average';
  const probed = probeModel(model, values, rangesOnly ? 'range' : 'values');
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
        const range = rangesOnly ? rangeOf(first[0], max?.[0], sum?.[0]) : rangeOfAll(first);
        if (range === undefined) throw notFinite(value, count);
        const old = ranges.get(value) ?? range;
        ranges.set(value, method === 'moving-average' ? moved(old, range) : hull(old, range));
        if (rangesOnly) continue;
        const fresh = (): ValueHistogram => (method === 'entropy' ? ValueHistogram.forEntropy() : new ValueHistogram());
        const histogram = histograms.get(value) ?? fresh();
        histograms.set(value, histogram);
        histogram.add(first, range);
      }
      count++;
    }
  } finally {
    await runner.release();
  }
  if (count === 0) throw noFeeds();
  for (const [value, histogram] of histograms) {
    if (method === 'percentile') ranges.set(value, histogram.range(percentile));
    else ranges.set(value, method === 'entropy' ? histogram.entropyRange() : histogram.leastErrorRange());
  }
  return ranges;
}

function hull(a: ValueRange, b: ValueRange): ValueRange {
  return { min: Math.min(a.min, b.min), max: Math.max(a.max, b.max) };
}

function moved(old: ValueRange, next: ValueRange): ValueRange {
  return {
    min: old.min + AVERAGING_CONSTANT * (next.min - old.min),
    max: old.max + AVERAGING_CONSTANT * (next.max - old.max),
  };
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
