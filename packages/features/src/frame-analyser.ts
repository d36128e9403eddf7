import type { FrontEndConfig } from '@asc/core';
import { compressInPlace } from './log-compression.js';
import { melFilterbank } from './mel-filterbank.js';
import { RealFft } from './real-fft.js';
import { SparseFilterbank } from './sparse-filterbank.js';
import { makeWindow } from './windows.js';

/** (K, F) filterbank of a configuration; `undefined` where it keeps the linear bins. */
export function filterbankOf(config: FrontEndConfig): Float64Array | undefined {
  if (config.mel === 'none') return undefined;
  return melFilterbank({
    sampleRateHz: config.sampleRateHz,
    fftLength: config.fftLength,
    bands: config.bands,
    minHz: config.minHz,
    maxHz: config.maxHz,
    scale: config.mel,
    norm: config.melNorm,
  });
}

/**
 * One window of samples to one frame of F numbers: window, FFT, power or magnitude, filterbank, logarithm.
 *
 * Whole-clip and streaming forms share this code, which is why their frames are equal to the bit. All in float64; owns
 * its scratch.
 */
export class FrameAnalyser {
  readonly bands: number;
  readonly emptyBands: readonly number[];
  readonly #config: FrontEndConfig;
  readonly #window: Float64Array;
  readonly #fft: RealFft;
  readonly #filterbank: SparseFilterbank | undefined;
  readonly #frame: Float64Array;
  readonly #re: Float64Array;
  readonly #im: Float64Array;
  readonly #out: Float64Array;

  constructor(config: FrontEndConfig) {
    this.#config = config;
    this.bands = config.bands;
    this.#window = makeWindow(config.window, config.windowSamples);
    this.#fft = new RealFft(config.fftLength);
    const dense = filterbankOf(config);
    this.#filterbank = dense && new SparseFilterbank(dense, config.bands);
    this.emptyBands = this.#filterbank?.emptyBands ?? [];
    this.#frame = new Float64Array(config.fftLength);
    this.#re = new Float64Array(this.#fft.bins);
    this.#im = new Float64Array(this.#fft.bins);
    this.#out = new Float64Array(config.bands);
  }

  /** FFT bins (K). */
  get bins(): number {
    return this.#re.length;
  }

  /**
   * Reads one window of `signal` from `start`; the frame (F) is valid until the next call. `binScales` (K) multiplies the
   * spectrum before the filterbank.
   */
  analyse(signal: Float64Array, start: number, binScales?: Float32Array): Float64Array {
    const frame = this.#frame;
    const window = this.#window;
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
