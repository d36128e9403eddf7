import type { FrontEndConfig } from '@asc/core';
import { deltaKernels, deltaRow } from './deltas.js';
import { padClip, paddedSamples } from './framing.js';
import type { FrameEngine } from './frame-engine.js';
import { compressInPlace } from './log-compression.js';
import { filterbankOf } from './mel-filterbank.js';
import { RealFft } from './real-fft.js';
import { SparseFilterbank } from './sparse-filterbank.js';
import { makeWindow } from './windows.js';

/**
 * Frames in plain TypeScript, for any FFT length: what the WebAssembly engine is tested against, and what stands in for it.
 * Owns its scratch.
 */
export class FrameAnalyser implements FrameEngine {
  readonly bins: number;
  readonly emptyBands: readonly number[];
  readonly #config: FrontEndConfig;
  readonly #window: Float64Array;
  readonly #fft: RealFft;
  readonly #filterbank: SparseFilterbank | undefined;
  readonly #frame: Float64Array;
  readonly #re: Float64Array;
  readonly #im: Float64Array;
  readonly #out: Float64Array;
  readonly #kernels: readonly Float64Array[];
  #signal = new Float64Array(0);
  #delta = new Float32Array(0);
  #frames = new Float32Array(0);

  constructor(config: FrontEndConfig) {
    this.#config = config;
    this.#window = makeWindow(config.window, config.windowSamples);
    this.#fft = new RealFft(config.fftLength);
    this.bins = this.#fft.bins;
    const dense = filterbankOf(config);
    this.#filterbank = dense && new SparseFilterbank(dense, config.bands);
    this.emptyBands = this.#filterbank?.emptyBands ?? [];
    this.#frame = new Float64Array(config.fftLength);
    this.#re = new Float64Array(this.bins);
    this.#im = new Float64Array(this.bins);
    this.#out = new Float64Array(config.bands);
    this.#kernels = deltaKernels(config.deltas);
  }

  load(samples: Float32Array): void {
    padClip(this.#config, samples, this.#reserve(paddedSamples(this.#config, samples.length)));
  }

  loadPadded(samples: Float64Array): void {
    this.#reserve(samples.length).set(samples);
  }

  #reserve(samples: number): Float64Array {
    if (this.#signal.length < samples) this.#signal = new Float64Array(samples);
    return this.#signal;
  }

  analyse(start: number, count: number, binScales?: Float32Array): Float32Array {
    const { bands, hopSamples } = this.#config;
    const columns = count + (count % 2);
    if (this.#frames.length < bands * columns) this.#frames = new Float32Array(bands * columns);
    const frames = this.#frames.subarray(0, bands * columns);
    for (let t = 0; t < columns; t += 1) {
      const frame = this.#frameAt(start + Math.min(t, count - 1) * hopSamples, binScales);
      for (let f = 0; f < bands; f += 1) frames[f * columns + t] = frame[f]!;
    }
    return frames;
  }

  delta(order: number, band: number, count: number): Float32Array {
    const columns = count + (count % 2);
    if (this.#delta.length !== count) this.#delta = new Float32Array(count);
    const row = this.#frames.subarray(band * columns, band * columns + count);
    deltaRow(this.#kernels[order - 1]!, row, this.#delta);
    return this.#delta;
  }

  #frameAt(start: number, binScales: Float32Array | undefined): Float64Array {
    const frame = this.#frame;
    const window = this.#window;
    const signal = this.#signal;
    // The rest of the frame stays zero: where the window sits in it changes phases only, and those are dropped.
    for (let n = 0; n < window.length; n += 1) frame[n] = signal[start + n]! * window[n]!;
    const re = this.#re;
    const im = this.#im;
    this.#fft.forward(frame, re, im);
    const spectrum = this.#filterbank === undefined ? this.#out : re;
    for (let k = 0; k < re.length; k += 1) spectrum[k] = re[k]! * re[k]! + im[k]! * im[k]!;
    if (this.#config.spectrum === 'magnitude') {
      for (let k = 0; k < spectrum.length; k += 1) spectrum[k] = Math.sqrt(spectrum[k]!);
    }
    if (binScales !== undefined)
      for (let k = 0; k < spectrum.length; k += 1) spectrum[k] = spectrum[k]! * binScales[k]!;
    this.#filterbank?.apply(spectrum, this.#out);
    compressInPlace(this.#out, this.#config.log);
    return this.#out;
  }
}
