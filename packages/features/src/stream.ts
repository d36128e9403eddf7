import { checkKeys, checkPositiveInteger, type FeatureMap, type FrontEndConfig } from '@asc/core';
import { resolveFrontEndConfig, type FrontEndInput } from './config.js';
import { checkDeltaFrames, deltaKernels, stackFrame } from './deltas.js';
import { frameEngine, type FrameEngine } from './frame-engine.js';
import { Framer } from './framer.js';
import { checkSamples, frameShape } from './front-end.js';
import { clipBelowPeak, topDbOf } from './log-compression.js';
import { statisticsFor } from './normalise.js';

/** What a stream keeps beside its front end. */
export interface StreamOptions {
  /**
   * Statistics of a whole clip (its peak for `topDb`, mean and deviation for `clip-band`) are taken over the last
   * `rollingFrames` frames instead, so that frames come out at once. Without it they wait for `flush`.
   */
  readonly rollingFrames?: number;
}

/** The streaming form of a front end. Owns its state: one stream per sound source. */
export interface FrontEndStream {
  readonly config: FrontEndConfig;
  readonly bands: number;
  readonly channels: number;
  /** True where the configuration needs the whole clip and no rolling window was asked for: `push` returns nothing. */
  readonly waitsForFlush: boolean;
  /**
   * Takes the next samples, any number of them, and returns the frames they complete, oldest first, each (F, C) row-major.
   * Deltas hold frames back by half their width.
   *
   * @throws DataError where a sample is NaN or infinite; the chunk is then not taken.
   */
  push(samples: Float32Array): Float32Array[];
  /**
   * Ends the clip and returns its remaining frames. The stream is then ready for another clip, also where it throws.
   *
   * @throws DataError where the clip was too short for a frame or for its deltas.
   */
  flush(): Float32Array[];
}

/**
 * A front end that takes a clip piece by piece. Without `rollingFrames`, all frames of `push` and `flush` together are the
 * frames of `frontEnd(input).compute`, to the bit, whatever the sizes of the pieces.
 *
 * @throws UsageError as {@link frontEnd}, or for a `rollingFrames` that is not a positive integer.
 */
export function createStream(input: FrontEndInput, options: StreamOptions = {}): FrontEndStream {
  const { rollingFrames } = checkKeys('The stream options', options, ['rollingFrames']) as StreamOptions;
  if (rollingFrames !== undefined) checkPositiveInteger('rollingFrames', rollingFrames);
  return new Stream(resolveFrontEndConfig(input), rollingFrames);
}

/** Frames (F, C) as a feature map (F, T, C). */
export function framesToMap(frames: readonly Float32Array[], bands: number, channels: number): FeatureMap {
  const data = new Float32Array(bands * frames.length * channels);
  frames.forEach((frame, t) => {
    for (let f = 0; f < bands; f += 1) {
      data.set(frame.subarray(f * channels, (f + 1) * channels), (f * frames.length + t) * channels);
    }
  });
  return { data, bands, frames: frames.length, channels };
}

/** The rows a stage still reads: the last `limit` of them, or all. */
class History {
  readonly #limit: number;
  rows: Float32Array[] = [];
  constructor(limit: number) {
    this.#limit = limit;
  }
  add(row: Float32Array): void {
    this.rows.push(row);
    if (this.rows.length > this.#limit) this.rows.shift();
  }
}

class Stream implements FrontEndStream {
  readonly config: FrontEndConfig;
  readonly bands: number;
  readonly channels: number;
  readonly waitsForFlush: boolean;
  readonly #rolling: number | undefined;
  readonly #topDb: number | undefined;
  readonly #framer: Framer;
  readonly #engine: FrameEngine;
  readonly #kernels: readonly Float64Array[];
  /** Peaks of the last static frames, for a rolling `topDb`. */
  #peaks: number[] = [];
  /** Static frames of a clip whose peak is not known yet. */
  #unclipped: Float32Array[] = [];
  /** The last `width` static frames, and how many there were in all. */
  #statics: History;
  #staticCount = 0;
  /** Frames the statistics are taken over. */
  #recent: History;

  constructor(config: FrontEndConfig, rolling: number | undefined) {
    this.config = config;
    const { bands, channels } = frameShape(config);
    this.bands = bands;
    this.channels = channels;
    this.#rolling = rolling;
    this.#topDb = topDbOf(config.log);
    this.waitsForFlush = rolling === undefined && (this.#topDb !== undefined || config.normalise.kind === 'clip-band');
    this.#framer = new Framer(config);
    this.#engine = frameEngine(config);
    this.#kernels = deltaKernels(config.deltas);
    this.#statics = new History(config.deltas.width);
    this.#recent = new History(rolling ?? Infinity);
  }

  push(samples: Float32Array): Float32Array[] {
    checkSamples(samples);
    const out: Float32Array[] = [];
    this.#framer.push(samples, (signal, start) => this.#take(signal, start, out));
    return out;
  }

  flush(): Float32Array[] {
    const out: Float32Array[] = [];
    try {
      this.#framer.flush((signal, start) => this.#take(signal, start, out));
      this.#flushTopDb(out);
      this.#flushDeltas(out);
      this.#flushStatistics(out);
    } finally {
      this.#peaks = [];
      this.#unclipped = [];
      this.#statics = new History(this.config.deltas.width);
      this.#staticCount = 0;
      this.#recent = new History(this.#rolling ?? Infinity);
    }
    return out;
  }

  #take(signal: Float64Array, start: number, out: Float32Array[]): void {
    const { windowSamples } = this.config;
    this.#engine.loadPadded(signal.subarray(start, start + windowSamples));
    // (F, 2): the second column of an odd count is a copy.
    const frame = this.#engine.analyse(0, 1).filter((_, i) => i % 2 === 0);
    if (this.#topDb === undefined) this.#addStatic(frame, out);
    else if (this.#rolling === undefined) this.#unclipped.push(frame);
    else {
      this.#peaks.push(peakOf(frame));
      if (this.#peaks.length > this.#rolling) this.#peaks.shift();
      const peak = this.#peaks.reduce((highest, each) => Math.max(highest, each), -Infinity);
      clipBelowPeak(frame, peak, this.#topDb);
      this.#addStatic(frame, out);
    }
  }

  #flushTopDb(out: Float32Array[]): void {
    if (this.#topDb === undefined || this.#rolling !== undefined) return;
    const peak = this.#unclipped.reduce((highest, frame) => Math.max(highest, peakOf(frame)), -Infinity);
    for (const frame of this.#unclipped) {
      clipBelowPeak(frame, peak, this.#topDb);
      this.#addStatic(frame, out);
    }
  }

  /** A static frame may complete the deltas of the frame half a width earlier; the first full window, of all before it too. */
  #addStatic(frame: Float32Array, out: Float32Array[]): void {
    if (this.#kernels.length === 0) {
      this.#addFrame(frame, out);
      return;
    }
    const { width } = this.config.deltas;
    this.#statics.add(frame);
    this.#staticCount += 1;
    if (this.#staticCount < width) return;
    const half = (width - 1) / 2;
    for (let t = this.#staticCount === width ? 0 : half; t <= half; t += 1) this.#addFrame(this.#stack(t), out);
  }

  #flushDeltas(out: Float32Array[]): void {
    if (this.#kernels.length === 0) return;
    checkDeltaFrames(this.config.deltas, this.#staticCount);
    const { width } = this.config.deltas;
    for (let t = (width + 1) / 2; t < width; t += 1) this.#addFrame(this.#stack(t), out);
  }

  /** Frame `t` of the last `width` static frames, with its deltas. */
  #stack(t: number): Float32Array {
    const { bands, deltas } = this.config;
    const window = new Float32Array(deltas.width * bands);
    this.#statics.rows.forEach((row, i) => window.set(row, i * bands));
    const out = new Float32Array(this.bands * this.channels);
    stackFrame(deltas, this.#kernels, window, bands, 0, t, out, 0);
    return out;
  }

  #addFrame(frame: Float32Array, out: Float32Array[]): void {
    const { normalise } = this.config;
    if (normalise.kind === 'none') {
      out.push(frame);
      return;
    }
    if (normalise.kind === 'clip-band') this.#recent.add(frame);
    if (normalise.kind === 'affine') out.push(...this.#normalised([frame], [frame]));
    else if (this.#rolling !== undefined) out.push(...this.#normalised(this.#recent.rows, [frame]));
  }

  #flushStatistics(out: Float32Array[]): void {
    if (this.config.normalise.kind !== 'clip-band' || this.#rolling !== undefined) return;
    for (const frame of this.#normalised(this.#recent.rows, this.#recent.rows)) out.push(frame);
  }

  /** `frames` normalised with the statistics of `context`. */
  #normalised(context: readonly Float32Array[], frames: readonly Float32Array[]): Float32Array[] {
    const rows = this.bands * this.channels;
    const all = new Float32Array(rows * context.length);
    context.forEach((frame, t) => {
      for (let r = 0; r < rows; r += 1) all[r * context.length + t] = frame[r]!;
    });
    const statistics = statisticsFor(this.config.normalise, all, rows, context.length);
    if (statistics === undefined) return [...frames];
    return frames.map((frame) => frame.map((x, r) => (x - statistics.mean[r]!) / statistics.scale[r]!));
  }
}

function peakOf(frame: Float32Array): number {
  return frame.reduce((peak, x) => Math.max(peak, x), -Infinity);
}
