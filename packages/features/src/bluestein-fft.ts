import { MixedRadixFft, radixFactors } from './mixed-radix-fft.js';

/**
 * FFT of any length as one circular convolution of a power-of-two length: with kn = (k² + n² − (k−n)²)/2,
 * X[k] = c[k] · Σ x[n]c[n] · conj(c)[k−n], c[n] = e^{−πi·n²/N} (Bluestein 1970).
 */
export class BluesteinFft {
  readonly length: number;
  readonly #inner: MixedRadixFft;
  readonly #chirpRe: Float64Array;
  readonly #chirpIm: Float64Array;
  readonly #kernelRe: Float64Array;
  readonly #kernelIm: Float64Array;
  readonly #re: Float64Array;
  readonly #im: Float64Array;

  constructor(length: number) {
    this.length = length;
    let size = 1;
    while (size < 2 * length - 1) size *= 2;
    this.#inner = new MixedRadixFft(size, radixFactors(size)!);
    this.#chirpRe = new Float64Array(length);
    this.#chirpIm = new Float64Array(length);
    this.#kernelRe = new Float64Array(size);
    this.#kernelIm = new Float64Array(size);
    this.#re = new Float64Array(size);
    this.#im = new Float64Array(size);
    // n² is kept modulo 2N, or large n would lose the angle's low bits.
    let square = 0;
    for (let n = 0; n < length; n += 1) {
      const angle = (-Math.PI * square) / length;
      this.#chirpRe[n] = Math.cos(angle);
      this.#chirpIm[n] = Math.sin(angle);
      square = (square + 2 * n + 1) % (2 * length);
      const mirror = (size - n) % size;
      this.#kernelRe[n] = this.#kernelRe[mirror] = this.#chirpRe[n]! / size;
      this.#kernelIm[n] = this.#kernelIm[mirror] = -this.#chirpIm[n]! / size;
    }
    this.#inner.transform(this.#kernelRe, this.#kernelIm);
  }

  transform(re: Float64Array, im: Float64Array): void {
    const chirpRe = this.#chirpRe;
    const chirpIm = this.#chirpIm;
    const ar = this.#re.fill(0);
    const ai = this.#im.fill(0);
    for (let n = 0; n < this.length; n += 1) {
      ar[n] = re[n]! * chirpRe[n]! - im[n]! * chirpIm[n]!;
      ai[n] = re[n]! * chirpIm[n]! + im[n]! * chirpRe[n]!;
    }
    this.#inner.transform(ar, ai);
    for (let k = 0; k < ar.length; k += 1) {
      const pr = ar[k]! * this.#kernelRe[k]! - ai[k]! * this.#kernelIm[k]!;
      ai[k] = ar[k]! * this.#kernelIm[k]! + ai[k]! * this.#kernelRe[k]!;
      ar[k] = pr;
    }
    // Swapping real and imaginary parts turns the forward transform into the (unscaled) inverse one.
    this.#inner.transform(ai, ar);
    for (let n = 0; n < this.length; n += 1) {
      re[n] = ar[n]! * chirpRe[n]! - ai[n]! * chirpIm[n]!;
      im[n] = ar[n]! * chirpIm[n]! + ai[n]! * chirpRe[n]!;
    }
  }
}
