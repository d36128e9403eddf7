import {
  checkClipLength,
  checkFiniteSamples,
  emphasisedSamples,
  frameCount,
  paddingSamples,
  windowOffset,
  type FramingConfig,
} from './framing.js';

/** Receives a window's samples: `config.windowSamples` numbers of `signal` from `start`, valid during the call. */
export type FrameSink = (signal: Float64Array, start: number) => void;

/**
 * Cuts a stream into windows: the same numbers {@link padClip} and a loop over a whole clip give, with memory bounded by
 * the window and the chunk. Pre-emphasises and pads on the way.
 */
export class Framer {
  readonly #config: FramingConfig;
  readonly #padding: number;
  readonly #offset: number;
  /** Padded, pre-emphasised samples not yet dropped. */
  #buffer: Float64Array;
  #filled = 0;
  /** Index of `#buffer[0]` in the padded signal. */
  #origin = 0;
  #frames = 0;
  #received = 0;
  #previous = 0;

  constructor(config: FramingConfig) {
    this.#config = config;
    this.#padding = paddingSamples(config);
    this.#offset = windowOffset(config);
    this.#buffer = new Float64Array(4 * config.fftLength);
    this.#filled = this.#padding;
  }

  /**
   * Takes the next samples (any number) and hands every window they complete to `sink`.
   *
   * @throws DataError where a sample is NaN or infinite; the chunk is then not taken.
   */
  push(samples: Float32Array, sink: FrameSink): void {
    checkFiniteSamples(samples, this.#received);
    const hadLeftPadding = this.#hasLeftPadding();
    this.#append(samples);
    if (!hadLeftPadding && this.#hasLeftPadding() && this.#config.center === 'reflect') {
      for (let i = 1; i <= this.#padding; i += 1) this.#buffer[this.#padding - i] = this.#buffer[this.#padding + i]!;
    }
    if (this.#hasLeftPadding()) this.#emit(Infinity, sink);
  }

  /**
   * Ends the clip: pads it, hands over its last windows, and is ready for the next clip.
   *
   * @throws DataError where the clip was too short for one frame.
   */
  flush(sink: FrameSink): void {
    const received = this.#received;
    try {
      checkClipLength(this.#config, received);
      this.#reserve(this.#padding);
      const end = this.#filled;
      for (let i = 1; i <= this.#padding; i += 1) {
        this.#buffer[end - 1 + i] = this.#config.center === 'reflect' ? this.#buffer[end - 1 - i]! : 0;
      }
      this.#filled += this.#padding;
      this.#emit(frameCount(this.#config, received), sink);
    } finally {
      this.#reset();
    }
  }

  #reset(): void {
    this.#filled = this.#padding;
    this.#origin = 0;
    this.#frames = 0;
    this.#received = 0;
    this.#buffer.fill(0, 0, this.#padding);
  }

  /** Reflection needs the samples it mirrors; until they came nothing can be handed over. */
  #hasLeftPadding(): boolean {
    if (this.#config.center !== 'reflect') return true;
    return emphasisedSamples(this.#config, this.#received) > this.#padding;
  }

  #append(samples: Float32Array): void {
    const a = this.#config.preEmphasis;
    this.#reserve(samples.length);
    let filled = this.#filled;
    for (let n = 0; n < samples.length; n += 1) {
      const x = samples[n]!;
      if (a === 0) this.#buffer[filled++] = x;
      else if (this.#received + n > 0) this.#buffer[filled++] = x - a * this.#previous;
      this.#previous = x;
    }
    this.#filled = filled;
    this.#received += samples.length;
  }

  /** Makes room for `more` samples, dropping what no later window or right reflection reads. */
  #reserve(more: number): void {
    if (this.#filled + more <= this.#buffer.length) return;
    const nextStart = this.#frames * this.#config.hopSamples + this.#offset - this.#origin;
    const needed = this.#hasLeftPadding() ? Math.max(0, Math.min(nextStart, this.#filled - this.#padding - 1)) : 0;
    const kept = this.#filled - needed;
    const target =
      kept + more <= this.#buffer.length
        ? this.#buffer
        : new Float64Array(Math.max(2 * this.#buffer.length, kept + more));
    target.set(this.#buffer.subarray(needed, this.#filled));
    this.#buffer = target;
    this.#filled = kept;
    this.#origin += needed;
  }

  #emit(frames: number, sink: FrameSink): void {
    const { hopSamples, windowSamples } = this.#config;
    while (this.#frames < frames) {
      const start = this.#frames * hopSamples + this.#offset - this.#origin;
      if (start + windowSamples > this.#filled) return;
      sink(this.#buffer, start);
      this.#frames += 1;
    }
  }
}
