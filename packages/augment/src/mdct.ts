import { complexFft, type ComplexFft } from '@asc/features';

/**
 * Modified discrete cosine transform of M coefficients from 2M samples under a sine window, scaled so that overlapping inverse
 * transforms add up to the signal: X[k] = √(2/M) Σ w[n]·x[n]·cos(π/M·(n + ½ + M/2)(k + ½)). Owns its scratch.
 * Source: Princen, Johnson and Bradley 1987; through a complex FFT of M/2 points, so M is even.
 */
export class Mdct {
  readonly #size: number;
  readonly #window: Float64Array;
  readonly #fft: ComplexFft;
  readonly #re: Float64Array;
  readonly #im: Float64Array;
  readonly #folded: Float64Array;
  readonly #twiddleCos: Float64Array;
  readonly #twiddleSin: Float64Array;

  constructor(size: number) {
    this.#size = size;
    this.#window = Float64Array.from({ length: 2 * size }, (_, n) => Math.sin((Math.PI / (2 * size)) * (n + 0.5)));
    this.#fft = complexFft(size / 2);
    this.#re = new Float64Array(size / 2);
    this.#im = new Float64Array(size / 2);
    this.#folded = new Float64Array(size);
    const angle = (k: number) => (Math.PI / size) * (k + 0.125);
    this.#twiddleCos = Float64Array.from({ length: size / 2 }, (_, k) => Math.cos(angle(k)));
    this.#twiddleSin = Float64Array.from({ length: size / 2 }, (_, k) => Math.sin(angle(k)));
  }

  /** Coefficients (M) of the 2M samples from `start` on. */
  forward(signal: Float64Array, start: number, out: Float64Array): void {
    const [m, w, folded] = [this.#size, this.#window, this.#folded];
    const half = m / 2;
    for (let n = 0; n < half; n++) {
      // The four quarters (a, b, c, d) fold into (−c_r − d, a − b_r), where r is reversed.
      const c = 3 * half - 1 - n;
      const d = 3 * half + n;
      folded[n] = -w[c]! * signal[start + c]! - w[d]! * signal[start + d]!;
      folded[half + n] = w[n]! * signal[start + n]! - w[m - 1 - n]! * signal[start + m - 1 - n]!;
    }
    this.#cosine4(folded, out);
  }

  /** Adds the windowed inverse of `coefficients` (M) to the 2M samples from `start` on. */
  addInverse(coefficients: Float64Array, signal: Float64Array, start: number): void {
    const [m, w, folded] = [this.#size, this.#window, this.#folded];
    const half = m / 2;
    // The transform of the folded block is its own inverse.
    this.#cosine4(coefficients, folded);
    for (let n = 0; n < half; n++) {
      const c = 3 * half - 1 - n;
      const d = 3 * half + n;
      signal[start + c]! -= w[c]! * folded[n]!;
      signal[start + d]! -= w[d]! * folded[n]!;
      signal[start + n]! += w[n]! * folded[half + n]!;
      signal[start + m - 1 - n]! -= w[m - 1 - n]! * folded[half + n]!;
    }
  }

  /** Orthonormal cosine transform of type 4: out[k] = √(2/M) Σ x[n]·cos(π/M·(n + ½)(k + ½)). */
  #cosine4(x: Float64Array, out: Float64Array): void {
    const [m, re, im, cos, sin] = [this.#size, this.#re, this.#im, this.#twiddleCos, this.#twiddleSin];
    const half = m / 2;
    for (let n = 0; n < half; n++) {
      const [even, odd] = [x[2 * n]!, x[m - 1 - 2 * n]!];
      re[n] = even * cos[n]! + odd * sin[n]!;
      im[n] = odd * cos[n]! - even * sin[n]!;
    }
    this.#fft.transform(re, im);
    const scale = Math.sqrt(2 / m);
    for (let k = 0; k < half; k++) {
      out[2 * k] = scale * (re[k]! * cos[k]! + im[k]! * sin[k]!);
      out[m - 1 - 2 * k] = scale * (re[k]! * sin[k]! - im[k]! * cos[k]!);
    }
  }
}
