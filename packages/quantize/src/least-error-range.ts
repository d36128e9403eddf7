import { roundHalfEven, type ValueRange } from './quantization-parameters.js';

/** Shares of the observed range that are tried. */
const SHARES = Array.from({ length: 81 }, (_, i) => 1 - i / 100);

/**
 * The share of the observed range, from all of it to a fifth in steps of a hundredth, whose 256 levels leave the least squared
 * error over a histogram: rounding inside against clipping outside.
 *
 * @param counts Histogram over [−limit, limit].
 * @param observed Range of the values counted.
 */
export function leastErrorRange(counts: Float64Array, limit: number, observed: ValueRange): ValueRange {
  const width = (2 * limit) / counts.length;
  const [min, max] = [Math.min(0, observed.min), Math.max(0, observed.max)];
  let best = { error: Infinity, share: 1 };
  for (const share of SHARES) {
    const scale = (share * (max - min)) / 255;
    if (scale === 0) break;
    const zero = roundHalfEven((-share * min) / scale);
    let error = 0;
    for (let bin = 0; bin < counts.length && error < best.error; bin++) {
      const count = counts[bin] ?? 0;
      if (count === 0) continue;
      const x = -limit + (bin + 0.5) * width;
      const level = Math.min(255, Math.max(0, roundHalfEven(x / scale) + zero));
      error += count * ((level - zero) * scale - x) ** 2;
    }
    if (error < best.error) best = { error, share };
  }
  return { min: best.share * observed.min, max: best.share * observed.max };
}
