import type { ValueRange } from './quantization-parameters.js';

/** Levels that the range is judged by. */
export const ENTROPY_LEVELS = 128;
/** What an empty bin counts as in the divergence. */
const EPSILON = 1e-4;

/**
 * The range whose values, put into 128 levels, diverge least from the whole histogram (Kullback–Leibler), among ranges that are
 * symmetric in bins around the middle. As the entropy calibrator of onnxruntime 1.30, with what is its own: one bin more on the
 * right, and counts of a level that are shared out in whole numbers.
 *
 * @param counts Histogram over [−limit, limit].
 */
export function entropyRange(counts: Float64Array, limit: number): ValueRange {
  const bins = counts.length;
  const middle = bins >> 1;
  const edge = (at: number): number => -limit + (at * 2 * limit) / bins;
  const before = new Float64Array(bins + 1);
  const filled = new Int32Array(bins + 1);
  counts.forEach((count, i) => {
    before[i + 1] = (before[i] ?? 0) + count;
    filled[i + 1] = (filled[i] ?? 0) + Number(count !== 0);
  });
  const total = before[bins] ?? 0;
  let best = { divergence: Infinity, start: middle - ENTROPY_LEVELS / 2, end: middle + ENTROPY_LEVELS / 2 + 1 };
  for (let half = ENTROPY_LEVELS / 2; half <= middle; half++) {
    const [start, end] = [middle - half, Math.min(middle + half + 1, bins)];
    const p = counts.slice(start, end);
    const last = p.length - 1;
    p[0] = (p[0] ?? 0) + (before[start] ?? 0);
    p[last] = (p[last] ?? 0) + total - (before[end] ?? 0);
    const q = new Float64Array(p.length);
    const merged = Math.floor(p.length / ENTROPY_LEVELS);
    for (let level = 0; level < ENTROPY_LEVELS; level++) {
      const [from, to] = [level * merged, (level + 1) * merged];
      // The last level counts what the division leaves over, but is shared out over its own bins only.
      const until = level === ENTROPY_LEVELS - 1 ? end : start + to;
      const sum = (before[until] ?? 0) - (before[start + from] ?? 0);
      let nonZero = (filled[start + to] ?? 0) - (filled[start + from] ?? 0);
      // Outliers fill an outermost bin that was empty.
      if (from === 0 && counts[start] === 0 && (p[0] ?? 0) > 0) nonZero++;
      if (to === p.length && to - from > 0 && last > 0 && counts[end - 1] === 0 && (p[last] ?? 0) > 0) nonZero++;
      if (nonZero > 0) q.fill(Math.floor(sum / nonZero), from, to);
    }
    const divergence = divergenceOf(p, q);
    if (divergence < best.divergence) best = { divergence, start, end };
  }
  return { min: edge(Math.max(0, best.start)), max: edge(Math.min(bins, best.end)) };
}

/** Σ p·log(p/q) of the smoothed, normalised counts; Infinity where one is empty. */
function divergenceOf(p: Float64Array, q: Float64Array): number {
  const [smoothP, smoothQ] = [smoothed(p), smoothed(q)];
  if (smoothP === undefined || smoothQ === undefined) return Infinity;
  const [sumP, sumQ] = [smoothP, smoothQ].map((values) => values.reduce((sum, value) => sum + value, 0));
  return smoothP.reduce((sum, value, i) => {
    const share = value / (sumP ?? 1);
    return sum + share * Math.log(share / ((smoothQ[i] ?? 0) / (sumQ ?? 1)));
  }, 0);
}

/** Empty bins take a little from the others. */
function smoothed(counts: Float64Array): Float64Array | undefined {
  const empty = counts.reduce((count, value) => count + Number(value === 0), 0);
  if (empty === counts.length) return undefined;
  const taken = (EPSILON * empty) / (counts.length - empty);
  return counts.map((value) => (value === 0 ? EPSILON : value - taken));
}
