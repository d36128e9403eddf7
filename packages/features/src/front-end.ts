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
import { checkDeltaFrames, deltaKernels, stackDeltas } from './deltas.js';
import { FrameAnalyser } from './frame-analyser.js';
import { frontEndPlan } from './front-end-plan.js';
import {
  checkClipLength,
  checkFiniteSamples,
  emphasisedSamples,
  frameCount,
  padClip,
  paddingSamples,
  windowOffset,
} from './framing.js';
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
  readonly #analyser: FrameAnalyser;
  readonly #kernels: readonly Float64Array[];
  #padded = new Float64Array(0);
  #static = new Float32Array(0);
  #stacked = new Float32Array(0);

  constructor(config: FrontEndConfig) {
    this.config = config;
    const { bands, channels } = frameShape(config);
    this.bands = bands;
    this.channels = channels;
    this.#analyser = new FrameAnalyser(config);
    this.bins = this.#analyser.bins;
    this.emptyBands = this.#analyser.emptyBands;
    this.#kernels = deltaKernels(config.deltas);
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
    const frames = this.#stack(this.#analyse(samples, count, binScales), count);
    const rows = this.bands * this.channels;
    const statistics = statisticsFor(config.normalise, frames, rows, count);
    const data = new Float32Array(rows * count);
    for (let t = 0, i = 0; t < count; t += 1) {
      for (let f = 0, r = 0; f < this.bands; f += 1) {
        let o = (f * count + t) * this.channels;
        for (let c = 0; c < this.channels; c += 1, r += 1, i += 1, o += 1) {
          const x = frames[i]!;
          data[o] = statistics === undefined ? x : (x - statistics.mean[r]!) / statistics.scale[r]!;
        }
      }
    }
    return { data, bands: this.bands, frames: count, channels: this.channels };
  }

  /** Static frames (T, F), cut at `topDb` below their maximum where asked. */
  #analyse(samples: Float32Array, count: number, binScales: Float32Array | undefined): Float32Array {
    const { config } = this;
    const length = emphasisedSamples(config, samples.length) + 2 * paddingSamples(config);
    if (this.#padded.length < length) this.#padded = new Float64Array(length);
    if (this.#static.length < count * config.bands) this.#static = new Float32Array(count * config.bands);
    padClip(config, samples, this.#padded);
    const frames = this.#static.subarray(0, count * config.bands);
    for (let t = 0, start = windowOffset(config); t < count; t += 1, start += config.hopSamples) {
      frames.set(this.#analyser.analyse(this.#padded, start, binScales), t * config.bands);
    }
    const topDb = topDbOf(config.log);
    if (topDb !== undefined) clipBelowPeak(frames, maximum(frames), topDb);
    return frames;
  }

  #stack(frames: Float32Array, count: number): Float32Array {
    if (this.#kernels.length === 0) return frames;
    const length = count * this.bands * this.channels;
    if (this.#stacked.length < length) this.#stacked = new Float32Array(length);
    const out = this.#stacked.subarray(0, length);
    stackDeltas(this.config.deltas, this.#kernels, frames, this.config.bands, count, out);
    return out;
  }
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
