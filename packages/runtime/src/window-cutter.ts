/** A window of a stream: a copy of (S) samples, and the sample of the stream it ends before. */
export interface CutWindow {
  readonly samples: Float32Array;
  readonly end: number;
}

/**
 * Cuts a stream into windows that start every `hopSamples`, whatever the sizes of the pieces it comes in. Positions are counted in
 * whole samples, so hours do not make them drift; memory is one window.
 */
export class WindowCutter {
  readonly #hopSamples: number;
  /** The last samples, the one numbered n at n modulo its length. */
  readonly #ring: Float32Array;
  #taken = 0;
  #nextEnd: number;

  constructor(windowSamples: number, hopSamples: number) {
    this.#hopSamples = hopSamples;
    this.#ring = new Float32Array(windowSamples);
    this.#nextEnd = windowSamples;
  }

  /** Takes the next samples and gives the windows they complete, oldest first; to be iterated to its end. */
  *push(samples: Float32Array): Generator<CutWindow, void, undefined> {
    let at = 0;
    while (at < samples.length) {
      const size = Math.min(samples.length - at, this.#nextEnd - this.#taken);
      this.#keep(samples.subarray(at, at + size));
      at += size;
      if (this.#taken < this.#nextEnd) return;
      yield this.#lastSamples();
      this.#nextEnd += this.#hopSamples;
    }
  }

  /** What was taken since the last window ended, as a window that ends with it (shorter where the stream was); then starts over. */
  flush(): CutWindow | undefined {
    const { length } = this.#ring;
    const lastEnd = this.#nextEnd === length ? 0 : this.#nextEnd - this.#hopSamples;
    const rest = this.#taken > lastEnd ? this.#lastSamples() : undefined;
    this.#taken = 0;
    this.#nextEnd = length;
    return rest;
  }

  #keep(samples: Float32Array): void {
    const { length } = this.#ring;
    this.#taken += samples.length;
    const kept = samples.subarray(Math.max(0, samples.length - length));
    const start = (this.#taken - kept.length) % length;
    const first = Math.min(kept.length, length - start);
    this.#ring.set(kept.subarray(0, first), start);
    this.#ring.set(kept.subarray(first), 0);
  }

  #lastSamples(): CutWindow {
    const { length } = this.#ring;
    if (this.#taken < length) return { samples: this.#ring.slice(0, this.#taken), end: this.#taken };
    const samples = new Float32Array(length);
    const start = this.#taken % length;
    samples.set(this.#ring.subarray(start), 0);
    samples.set(this.#ring.subarray(0, start), length - start);
    return { samples, end: this.#taken };
  }
}
