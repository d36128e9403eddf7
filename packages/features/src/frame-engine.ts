import type { FrontEndConfig } from '@asc/core';
import { FrameAnalyser } from './frame-analyser.js';
import { makeWasmFrames } from './wasm-frames.js';

/**
 * Windows of a signal to frames of F numbers: window, FFT, power or magnitude, filterbank, logarithm, in float64, rounded to
 * float32 at the end. A frame depends on its own samples only, to the bit, however many are asked for at once.
 */
export interface FrameEngine {
  /** FFT bins (K). */
  readonly bins: number;
  /** Bands no bin falls into. */
  readonly emptyBands: readonly number[];
  /** Takes a clip (S, finite, long enough for a frame) as its signal, pre-emphasised and padded. */
  load(samples: Float32Array): void;
  /** Takes `samples` as its signal as they are. */
  loadPadded(samples: Float64Array): void;
  /**
   * Frames (F, T′) of the signal, their windows starting at `start` and every hop after it; T′ is `count`, or one
   * more where that is odd, which the last frame then fills twice. Valid until the next call. `binScales` (K) multiplies the
   * spectrum before the filterbank.
   */
  analyse(start: number, count: number, binScales?: Float32Array): Float32Array;
  /**
   * The delta of that order (1, 2) over time of one band of the `count` frames last analysed, as they are now (T). Valid until the
   * next call.
   */
  delta(order: number, band: number, count: number): Float32Array;
}

/** The fastest engine there is here: WebAssembly for powers of two, else this package's TypeScript. */
export function frameEngine(config: FrontEndConfig): FrameEngine {
  return makeWasmFrames(config) ?? new FrameAnalyser(config);
}
