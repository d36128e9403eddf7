import { ENTROPY_LEVELS, entropyRange } from './entropy-range.js';
import { leastErrorRange } from './least-error-range.js';
import type { ValueRange } from './quantization-parameters.js';

/** Bins at the first batch; the entropy calibrator wants as many as it has levels. */
const BINS = 2048;
/** How often the bins may double before they are made coarser. */
const MAX_GROWTH = 64;

/**
 * Histogram of a stream of numbers over [−limit, limit], which widens in whole bins as larger numbers arrive. Scheme of the
 * histogram calibrators of onnxruntime 1.30 (two-sided; 2048 bins at the first batch, 128 for the entropy).
 */
export class ValueHistogram {
  readonly #maxBins: number;
  #counts: Float64Array;
  #limit = 0;
  #min = Infinity;
  #max = -Infinity;

  constructor(bins: number = BINS) {
    this.#maxBins = bins * MAX_GROWTH;
    this.#counts = new Float64Array(bins);
  }

  /** A histogram fit for `entropyRange`. */
  static forEntropy(): ValueHistogram {
    return new ValueHistogram(ENTROPY_LEVELS);
  }

  /** Counts `values`, whose range is `range`. */
  add(values: Float32Array, range: ValueRange): void {
    this.#min = Math.min(this.#min, range.min);
    this.#max = Math.max(this.#max, range.max);
    this.#widen(Math.max(Math.abs(range.min), Math.abs(range.max)));
    const counts = this.#counts;
    const last = counts.length - 1;
    const perUnit = this.#limit === 0 ? 0 : counts.length / (2 * this.#limit);
    for (const value of values) {
      const bin = Math.floor((value + this.#limit) * perUnit + (perUnit === 0 ? counts.length / 2 : 0));
      const within = bin < 0 ? 0 : bin > last ? last : bin;
      counts[within] = (counts[within] ?? 0) + 1;
    }
  }

  /** The range that diverges least, within the observed one. */
  entropyRange(): ValueRange {
    if (this.#limit === 0) return { min: 0, max: 0 };
    const { min, max } = entropyRange(this.#counts, this.#limit);
    return { min: Math.max(min, this.#min), max: Math.min(max, this.#max) };
  }

  /** The range with the least squared error of 256 levels. */
  leastErrorRange(): ValueRange {
    return leastErrorRange(this.#counts, this.#limit, { min: this.#min, max: this.#max });
  }

  /** The range that leaves out (100 − percentile)/2 percent on either side, within the observed one. */
  range(percentile: number): ValueRange {
    const cut = (100 - percentile) / 200;
    const total = this.#counts.reduce((sum, count) => sum + count, 0);
    const width = this.#width();
    const edgeWhere = (share: number): number => {
      let sum = 0;
      const bin = this.#counts.findIndex((count) => {
        sum += count / total;
        return sum >= share;
      });
      return -this.#limit + (bin < 0 ? this.#counts.length : bin) * width;
    };
    return { min: Math.max(edgeWhere(cut), this.#min), max: Math.min(edgeWhere(1 - cut), this.#max) };
  }

  #widen(limit: number): void {
    if (limit <= this.#limit) return;
    if (this.#limit === 0) {
      this.#limit = limit;
      return;
    }
    while (limit / this.#width() > this.#maxBins / 2) this.#coarsen();
    if (limit > this.#limit) this.#grow(Math.floor((limit - this.#limit) / this.#width() + 1));
  }

  /** Empty bins on both sides. */
  #grow(bins: number): void {
    const wider = new Float64Array(this.#counts.length + 2 * bins);
    wider.set(this.#counts, bins);
    this.#limit += bins * this.#width();
    this.#counts = wider;
  }

  /** Bins of twice the width, so that a stream whose numbers explode does not fill the memory. */
  #coarsen(): void {
    if (this.#counts.length % 4 !== 0) this.#grow(1);
    const counts = this.#counts;
    this.#counts = Float64Array.from(
      { length: counts.length / 2 },
      (_, i) => (counts[2 * i] ?? 0) + (counts[2 * i + 1] ?? 0),
    );
  }

  #width(): number {
    return (2 * this.#limit) / this.#counts.length;
  }
}
