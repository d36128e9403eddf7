import { complexFft, type ComplexFft } from './complex-fft.js';

/**
 * FFT of real signals of one length N, any N ≥ 1: K = ⌊N/2⌋ + 1 bins, unscaled, X[k] = Σ x[n]·e^{−2πi·kn/N}.
 *
 * Even lengths run a complex transform of N/2 on x[2n] + i·x[2n+1] and untangle it. Tables are built once; an instance
 * owns its scratch, so use one per worker.
 */
export class RealFft {
  readonly length: number;
  readonly bins: number;
  readonly #inner: ComplexFft;
  readonly #re: Float64Array;
  readonly #im: Float64Array;
  readonly #cos: Float64Array;
  readonly #sin: Float64Array;

  /** @throws UsageError where `length` is not a positive integer. */
  constructor(length: number) {
    const even = length % 2 === 0 && length > 0;
    this.#inner = complexFft(even ? length / 2 : length);
    this.length = length;
    this.bins = Math.floor(length / 2) + 1;
    this.#re = new Float64Array(this.#inner.length);
    this.#im = new Float64Array(this.#inner.length);
    const quarter = even ? Math.floor(length / 4) + 1 : 0;
    this.#cos = Float64Array.from({ length: quarter }, (_, k) => Math.cos((2 * Math.PI * k) / length));
    this.#sin = Float64Array.from({ length: quarter }, (_, k) => Math.sin((2 * Math.PI * k) / length));
  }

  /** `signal` (N) to its spectrum: real parts `re` (K) and imaginary parts `im` (K). */
  forward(signal: Float64Array, re: Float64Array, im: Float64Array): void {
    if (this.length % 2 === 0) this.#forwardEven(signal, re, im);
    else this.#forwardOdd(signal, re, im);
  }

  #forwardOdd(signal: Float64Array, re: Float64Array, im: Float64Array): void {
    this.#re.set(signal);
    this.#im.fill(0);
    this.#inner.transform(this.#re, this.#im);
    for (let k = 0; k < this.bins; k += 1) {
      re[k] = this.#re[k]!;
      im[k] = this.#im[k]!;
    }
  }

  #forwardEven(signal: Float64Array, re: Float64Array, im: Float64Array): void {
    const half = this.length / 2;
    const zr = this.#re;
    const zi = this.#im;
    for (let n = 0; n < half; n += 1) {
      zr[n] = signal[2 * n]!;
      zi[n] = signal[2 * n + 1]!;
    }
    this.#inner.transform(zr, zi);
    re[0] = zr[0]! + zi[0]!;
    im[0] = 0;
    re[half] = zr[0]! - zi[0]!;
    im[half] = 0;
    // Bins k and N/2 − k share their even part E and odd part O: X[k] = E + wO, X[N/2 − k] = conj(E − wO).
    for (let k = 1; 2 * k <= half; k = (k + 1) | 0) {
      const h = (half - k) | 0;
      const er = 0.5 * (zr[k]! + zr[h]!);
      const ei = 0.5 * (zi[k]! - zi[h]!);
      const or = 0.5 * (zi[k]! + zi[h]!);
      const oi = 0.5 * (zr[h]! - zr[k]!);
      const wr = this.#cos[k]!;
      const wi = -this.#sin[k]!;
      const tr = or * wr - oi * wi;
      const ti = or * wi + oi * wr;
      re[k] = er + tr;
      im[k] = ei + ti;
      re[h] = er - tr;
      im[h] = ti - ei;
    }
  }
}
