/**
 * A (K, F) filterbank that skips its zeros: a mel triangle touches a few of the K bins, so applying it costs about 2K
 * multiplications instead of K·F.
 */
export class SparseFilterbank {
  readonly bands: number;
  /** Bands no bin falls into: their output is always 0. Too many bands for the FFT length is the usual reason. */
  readonly emptyBands: readonly number[];
  readonly #firstBin: Int32Array;
  /** (F + 1): where each band's weights start in `#weights`. */
  readonly #offsets: Int32Array;
  readonly #weights: Float64Array;

  /** `dense` is (K, F) row-major. */
  constructor(dense: Float64Array, bands: number) {
    this.bands = bands;
    const bins = dense.length / bands;
    this.#firstBin = new Int32Array(bands);
    this.#offsets = new Int32Array(bands + 1);
    const weights: number[] = [];
    const empty: number[] = [];
    for (let f = 0; f < bands; f += 1) {
      let first = 0;
      while (first < bins && dense[first * bands + f] === 0) first += 1;
      let end = bins;
      while (end > first && dense[(end - 1) * bands + f] === 0) end -= 1;
      if (end === first) empty.push(f);
      for (let k = first; k < end; k += 1) weights.push(dense[k * bands + f]!);
      this.#firstBin[f] = first;
      this.#offsets[f + 1] = weights.length;
    }
    this.emptyBands = empty;
    this.#weights = Float64Array.from(weights);
  }

  /** What `band` is made of: its weights, of bins that follow each other from `firstBin`. */
  band(band: number): { readonly firstBin: number; readonly weights: Float64Array } {
    const weights = this.#weights.subarray(this.#offsets[band], this.#offsets[band + 1]);
    return { firstBin: this.#firstBin[band]!, weights };
  }

  /** Spectrum (K) to bands (F). */
  apply(spectrum: Float64Array, out: Float64Array): void {
    const weights = this.#weights;
    for (let f = 0; f < this.bands; f += 1) {
      const end = this.#offsets[f + 1]!;
      let sum = 0;
      for (let i = this.#offsets[f]!, k = this.#firstBin[f]!; i < end; i += 1, k += 1)
        sum += weights[i]! * spectrum[k]!;
      out[f] = sum;
    }
  }
}
