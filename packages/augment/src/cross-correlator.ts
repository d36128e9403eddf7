import { complexFft, type ComplexFft } from '@asc/features';

/** Finds how alike a short pattern and each stretch of a longer region are, by FFT. Owns its scratch: use one per worker. */
export class CrossCorrelator {
  readonly #patternLength: number;
  readonly #starts: number;
  readonly #fft: ComplexFft;
  readonly #re: Float64Array;
  readonly #im: Float64Array;
  readonly #out: Float64Array;

  /** For patterns of `patternLength` samples at `starts` neighbouring places. */
  constructor(patternLength: number, starts: number) {
    this.#patternLength = patternLength;
    this.#starts = starts;
    this.#fft = complexFft(fftLength(patternLength + starts));
    this.#re = new Float64Array(this.#fft.length);
    this.#im = new Float64Array(this.#fft.length);
    this.#out = new Float64Array(starts);
  }

  /** Σ_i x[pattern + i]·x[first + s + i] for each start s (starts); valid until the next call. */
  correlate(x: Float32Array, pattern: number, first: number): Float64Array {
    const [re, im, length] = [this.#re, this.#im, this.#fft.length];
    re.fill(0).set(x.subarray(pattern, pattern + this.#patternLength));
    im.fill(0).set(x.subarray(first, first + this.#patternLength + this.#starts - 1));
    this.#fft.transform(re, im);
    // One transform of p + i·r holds both spectra: 2P = Z[k] + conj Z[−k], 2iR = Z[k] − conj Z[−k]. The product conj(P)·R is
    // Hermitian, and its parts are swapped so that a second forward transform inverts it.
    for (let k = 0, last = length >> 1; k <= last; k++) {
      const mirror = k === 0 ? 0 : length - k;
      const pRe = re[k]! + re[mirror]!;
      const pIm = im[k]! - im[mirror]!;
      const rRe = im[k]! + im[mirror]!;
      const rIm = re[mirror]! - re[k]!;
      const real = pRe * rRe + pIm * rIm;
      const imaginary = pRe * rIm - pIm * rRe;
      [re[k], im[k]] = [imaginary, real];
      [re[mirror], im[mirror]] = [-imaginary, real];
    }
    this.#fft.transform(re, im);
    const scale = 0.25 / length;
    for (let s = 0; s < this.#starts; s++) this.#out[s] = im[s]! * scale;
    return this.#out;
  }
}

/** The next length of a power of two, or 1.25 or 1.5 times one. */
function fftLength(atLeast: number): number {
  const power = 2 ** Math.ceil(Math.log2(Math.max(8, atLeast)));
  return [0.625, 0.75].map((share) => share * power).find((length) => length >= atLeast) ?? power;
}
