/** A linear predictor as a subframe stores it: prediction floor(Σ coefficients[j]·x[i−1−j] / 2^shift). */
export interface Predictor {
  readonly coefficients: Int32Array;
  readonly shift: number;
  readonly precision: number;
}

const MAX_SHIFT = 15;

/**
 * Makes a designer of linear predictors for blocks of up to `maxSamples` samples and orders up to `maxOrder`: autocorrelation under a
 * Tukey window (0.5), Levinson–Durbin, and the order whose expected residual and coefficients are shortest together.
 * Sources: Rabiner & Schafer, Digital Processing of Speech Signals, section 8.3; RFC 9639, section 9.2.6.
 */
export function createPredictorDesigner(
  maxSamples: number,
  maxOrder: number,
): (samples: Int32Array, count: number, bits: number) => Predictor | undefined {
  const windowed = new Float64Array(maxSamples);
  const window = new Float64Array(maxSamples);
  const correlation = new Float64Array(maxOrder + 1);
  const rows = Array.from({ length: maxOrder + 1 }, () => new Float64Array(maxOrder));
  const errors = new Float64Array(maxOrder + 1);
  let windowSamples = 0;

  return (samples, count, bits) => {
    if (count <= maxOrder) return undefined;
    if (windowSamples !== count) {
      fillTukey(window, count);
      windowSamples = count;
    }
    for (let i = 0; i < count; i++) windowed[i] = samples[i]! * window[i]!;
    autocorrelate(windowed, count, correlation);
    if (!(correlation[0]! > 0)) return undefined;
    const orders = levinson(correlation, rows, errors);
    const precision = bits <= 16 ? 12 : 15;
    let best = 0;
    let least = Infinity;
    for (let order = 1; order <= orders; order++) {
      // Bits of a Laplacian residual of this energy, and of the predictor itself.
      const perSample = Math.max(0, 0.5 * Math.log2((0.5 * Math.LN2 * Math.LN2 * errors[order]!) / count));
      const total = perSample * (count - order) + order * (precision + bits);
      if (total < least) {
        least = total;
        best = order;
      }
    }
    return best === 0 ? undefined : quantise(rows[best]!, best, precision);
  };
}

/** A window whose outer quarters are halves of a raised cosine. */
function fillTukey(window: Float64Array, count: number): void {
  const taper = Math.max(1, Math.floor(count / 4));
  for (let i = 0; i < count; i++) {
    const fromEnd = Math.min(i, count - 1 - i);
    window[i] = fromEnd >= taper ? 1 : 0.5 - 0.5 * Math.cos((Math.PI * (fromEnd + 0.5)) / taper);
  }
}

function autocorrelate(x: Float64Array, count: number, out: Float64Array): void {
  for (let lag = 0; lag < out.length; lag++) {
    let [even, odd] = [0, 0];
    let i = lag;
    for (; i + 1 < count; i += 2) {
      even += x[i]! * x[i - lag]!;
      odd += x[i + 1]! * x[i + 1 - lag]!;
    }
    if (i < count) even += x[i]! * x[i - lag]!;
    out[lag] = even + odd;
  }
}

/** Predictors of every order into `rows`, their residual energies into `errors`; returns the highest order that made sense. */
function levinson(r: Float64Array, rows: readonly Float64Array[], errors: Float64Array): number {
  errors[0] = r[0]!;
  for (let order = 1; order < r.length; order++) {
    const before = rows[order - 1]!;
    const row = rows[order]!;
    let reflection = r[order]!;
    for (let j = 0; j < order - 1; j++) reflection -= before[j]! * r[order - 1 - j]!;
    reflection /= errors[order - 1]!;
    for (let j = 0; j < order - 1; j++) row[j] = before[j]! - reflection * before[order - 2 - j]!;
    row[order - 1] = reflection;
    errors[order] = errors[order - 1]! * (1 - reflection * reflection);
    // Fully predictable, or beyond double precision.
    if (!(errors[order]! > 0)) return order - 1;
  }
  return r.length - 1;
}

function quantise(row: Float64Array, order: number, precision: number): Predictor | undefined {
  let largest = 0;
  for (let j = 0; j < order; j++) largest = Math.max(largest, Math.abs(row[j]!));
  if (largest === 0) return undefined;
  const shift = Math.min(MAX_SHIFT, precision - 2 - Math.floor(Math.log2(largest)));
  if (shift < 0) return undefined;
  const limit = 2 ** (precision - 1);
  let carried = 0;
  const coefficients = new Int32Array(order);
  for (let j = 0; j < order; j++) {
    // What rounding took from one coefficient goes to the next.
    carried += row[j]! * 2 ** shift;
    const rounded = Math.max(-limit, Math.min(limit - 1, Math.round(carried)));
    coefficients[j] = rounded;
    carried -= rounded;
  }
  return { coefficients, shift, precision };
}
