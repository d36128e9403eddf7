import {
  checkKeys,
  checkNonNegativeInteger,
  describeValue,
  UsageError,
  type FeatureMap,
  type FrontEndConfig,
  type FrontEndPlan,
} from '@asc/core';
import { resolveFrontEndConfig, type FrontEndInput } from './config.js';
import { checkDeltaFrames } from './deltas.js';
import { frameEngine, type FrameEngine } from './frame-engine.js';
import { frontEndPlan } from './front-end-plan.js';
import { checkClipLength, checkFiniteSamples, frameCount, windowOffset } from './framing.js';
import { clipBelowPeak, topDbOf } from './log-compression.js';
import { statisticsFor } from './normalise.js';

/** What may be done on the way from waveform to feature map. */
export interface ComputeOptions {
  /** One factor of at least 0 for each FFT bin (K), multiplied onto every frame's power or magnitude before the filterbank. */
  readonly binScales?: Float32Array;
}

/** A configured waveform-to-feature-map function. Owns scratch memory: use one per worker. */
export interface FrontEnd {
  readonly config: FrontEndConfig;
  /** Bands of the map (F): those of the configuration, times 1 + order where deltas are stacked in frequency. */
  readonly bands: number;
  /** Channels of the map (C). */
  readonly channels: number;
  /** FFT bins of a frame (K). */
  readonly bins: number;
  /** Filters that no FFT bin falls into: these bands are constant. */
  readonly emptyBands: readonly number[];
  /** Frames (T) of a clip of `samples` samples; 0 where it is too short. @throws UsageError where it is no count. */
  frames(samples: number): number;
  /**
   * The feature map (F, T, C) of a clip (S) sampled at `config.sampleRateHz`; a front end cannot know the true rate, so
   * resample first.
   *
   * @throws DataError where the clip is empty, too short, or holds NaN or infinite samples; UsageError for `binScales` that
   * are not K finite numbers of at least 0.
   */
  compute(samples: Float32Array, options?: ComputeOptions): FeatureMap;
  /** The numbers behind it, for another runtime. */
  plan(): FrontEndPlan;
}

/**
 * Builds the front end of a preset, a preset with some values replaced, or a whole configuration.
 *
 * @throws UsageError for an unknown preset or key, or a value that cannot work.
 */
export function frontEnd(input: FrontEndInput): FrontEnd {
  return new WholeClipFrontEnd(resolveFrontEndConfig(input));
}

/** Shape of one frame once deltas are stacked. */
export function frameShape(config: FrontEndConfig): { readonly bands: number; readonly channels: number } {
  const copies = 1 + config.deltas.order;
  return config.deltas.stack === 'channel'
    ? { bands: config.bands, channels: copies }
    : { bands: config.bands * copies, channels: 1 };
}

class WholeClipFrontEnd implements FrontEnd {
  readonly config: FrontEndConfig;
  readonly bands: number;
  readonly channels: number;
  readonly bins: number;
  readonly emptyBands: readonly number[];
  readonly #engine: FrameEngine;
  #stacked = new Float32Array(0);

  constructor(config: FrontEndConfig) {
    this.config = config;
    const { bands, channels } = frameShape(config);
    this.bands = bands;
    this.channels = channels;
    this.#engine = frameEngine(config);
    this.bins = this.#engine.bins;
    this.emptyBands = this.#engine.emptyBands;
  }

  frames(samples: number): number {
    return frameCount(this.config, checkNonNegativeInteger('samples', samples));
  }

  plan(): FrontEndPlan {
    return frontEndPlan(this.config);
  }

  compute(samples: Float32Array, options: ComputeOptions = {}): FeatureMap {
    checkSamples(samples);
    checkKeys('The options of compute', options, ['binScales']);
    const { binScales } = options;
    if (binScales !== undefined) checkBinScales(binScales, this.bins);
    const { config } = this;
    checkClipLength(config, samples.length);
    checkFiniteSamples(samples);
    const count = frameCount(config, samples.length);
    checkDeltaFrames(config.deltas, count);
    const statics = this.#analyse(samples, count, binScales);
    const stride = statics.length / config.bands;
    const values = this.#stack(statics, count, stride);
    const rows = this.bands * this.channels;
    const statistics = statisticsFor(config.normalise, values, rows, count, stride);
    const data = new Float32Array(rows * count);
    for (let r = 0; r < rows; r += 1) {
      const row = values.subarray(r * stride, r * stride + count);
      const mean = statistics?.mean[r] ?? 0;
      const scale = statistics?.scale[r] ?? 1;
      const c = r % this.channels;
      if (statistics === undefined && this.channels === 1) data.set(row, r * count);
      else writeRow(row, mean, scale, data, (r - c) * count + c, this.channels);
    }
    return { data, bands: this.bands, frames: count, channels: this.channels };
  }

  /** Static frames (F, T′), cut at `topDb` below their maximum where asked. */
  #analyse(samples: Float32Array, count: number, binScales: Float32Array | undefined): Float32Array {
    const { config } = this;
    this.#engine.load(samples);
    const frames = this.#engine.analyse(windowOffset(config), count, binScales);
    const topDb = topDbOf(config.log);
    if (topDb !== undefined) clipBelowPeak(frames, maximum(frames), topDb);
    return frames;
  }

  /** The rows of `statics` (F, T′) and of their deltas, in the order of a frame's rows: (R, T′). */
  #stack(statics: Float32Array, count: number, stride: number): Float32Array {
    if (this.config.deltas.order === 0) return statics;
    const { bands, deltas } = this.config;
    const copies = deltas.order + 1;
    const length = bands * copies * stride;
    if (this.#stacked.length < length) this.#stacked = new Float32Array(length);
    const [bandStep, orderStep] = deltas.stack === 'channel' ? [copies, 1] : [1, bands];
    for (let f = 0; f < bands; f += 1) {
      const row = statics.subarray(f * stride, f * stride + count);
      this.#stacked.set(row, f * bandStep * stride);
      for (let order = 1; order < copies; order += 1) {
        this.#stacked.set(this.#engine.delta(order, f, count), (f * bandStep + order * orderStep) * stride);
      }
    }
    return this.#stacked;
  }
}

/** (row − mean) / scale to every `step`-th place of `out` from `at`. */
function writeRow(row: Float32Array, mean: number, scale: number, out: Float32Array, at: number, step: number): void {
  for (let t = 0, o = at; t < row.length; t = (t + 1) | 0, o = (o + step) | 0) out[o] = (row[t]! - mean) / scale;
}

function maximum(values: Float32Array): number {
  let peak = -Infinity;
  for (let i = 0; i < values.length; i += 1) if (values[i]! > peak) peak = values[i]!;
  return peak;
}

/** @throws UsageError where `samples` is not a Float32Array. */
export function checkSamples(samples: unknown): asserts samples is Float32Array {
  // By tag, not instanceof: samples may come from another realm (an iframe, a test sandbox).
  if (Object.prototype.toString.call(samples) === '[object Float32Array]') return;
  throw new UsageError({
    what: 'A front end reads one channel of samples.',
    expected: 'a Float32Array (S)',
    received: describeValue(samples),
  });
}

function checkBinScales(scales: Float32Array, bins: number): void {
  const length = Object.prototype.toString.call(scales) === '[object Float32Array]' ? scales.length : undefined;
  const bad = length === bins ? scales.findIndex((scale) => !(scale >= 0 && scale < Infinity)) : -1;
  if (length === bins && bad < 0) return;
  throw new UsageError({
    what: 'The bin scales do not fit the front end.',
    expected: `a Float32Array of ${bins} finite numbers of at least 0, one for each FFT bin`,
    received: bad >= 0 ? `${scales[bad]} at bin ${bad}` : describeValue(scales),
  });
}
