import {
  checkFinite,
  checkKeys,
  checkShape,
  float32Data,
  ndArray,
  type NdArray,
  type Rng,
  type TypedNdArray,
} from '@asc/core';

/** Options of {@link freqMixStyle}. */
export interface FreqMixStyleOptions {
  /** How often a batch is mixed. */
  readonly probability: number;
  /** λ ~ Beta(alpha, alpha), one a clip; 0 is off. */
  readonly alpha: number;
}

/** As in the authors' code, beside a variance of normalised log-mel. */
const EPSILON = 1e-6;

/**
 * With a probability, gives every clip of a batch some of the frequency response of another: each band is normalised to mean
 * 0 and deviation 1 over channels and time, then given λ parts of its own mean and deviation and 1 − λ parts of those of a clip
 * of the same batch; (B, F, T, C) to (B, F, T, C). Deviations are √(s² + 1e-6), s² with C·T − 1 in the denominator. Labels stay.
 * Source: Kim and others 2022 (arXiv 2206.12513) as in fschmid56/cpjku_dcase23 (λ and partner for each clip); its numbers are
 * probability 0.4, alpha 0.3.
 *
 * @throws UsageError where the batch is not float32 (B, F, T, C), the probability is outside 0 to 1 or alpha below 0.
 */
export function freqMixStyle(batch: NdArray, options: FreqMixStyleOptions, rng: Rng): TypedNdArray<'float32'> {
  checkKeys('The options of freqMixStyle', options, ['probability', 'alpha']);
  const probability = checkFinite('probability of freqMixStyle', options.probability, { min: 0, max: 1 });
  const alpha = checkFinite('alpha of freqMixStyle', options.alpha, { min: 0 });
  const [size = 0] = checkShape('The batch of feature maps', batch.shape, ['B', 'F', 'T', 'C']);
  const mixed = rng.uniform() < probability && alpha > 0;
  if (!mixed) return ndArray('float32', batch.shape, float32Data('The batch of feature maps', batch).slice());
  const lambdas = Float64Array.from({ length: size }, () => rng.beta(alpha, alpha));
  return mixStatistics(batch, lambdas, rng.permutation(size));
}

/** What {@link freqMixStyle} does with λ (B) and the partner of each clip (B) given. A λ of 1 copies its clip. */
export function mixStatistics(
  batch: NdArray,
  lambdas: ArrayLike<number>,
  partners: ArrayLike<number>,
): TypedNdArray<'float32'> {
  const data = float32Data('The batch of feature maps', batch);
  const [size = 0, bands = 0, frames = 0, channels = 0] = batch.shape;
  const width = frames * channels;
  const mean = new Float64Array(size * bands);
  const deviation = new Float64Array(size * bands);
  for (let row = 0; row < size * bands; row++) {
    const values = data.subarray(row * width, (row + 1) * width);
    let sum = 0;
    for (let i = 0; i < width; i++) sum += values[i]!;
    const center = sum / width;
    let squares = 0;
    for (let i = 0; i < width; i++) squares += (values[i]! - center) ** 2;
    mean[row] = center;
    // A single number has no spread; torch's 0/0 would be NaN.
    deviation[row] = Math.sqrt(squares / Math.max(1, width - 1) + EPSILON);
  }
  const out = data.slice();
  for (let clip = 0; clip < size; clip++) {
    const own = lambdas[clip]!;
    if (own === 1) continue;
    for (let band = 0; band < bands; band++) {
      const row = clip * bands + band;
      const other = partners[clip]! * bands + band;
      const center = own * mean[row]! + (1 - own) * mean[other]!;
      const stretch = (own * deviation[row]! + (1 - own) * deviation[other]!) / deviation[row]!;
      for (let i = row * width, end = i + width; i < end; i++) out[i] = (data[i]! - mean[row]!) * stretch + center;
    }
  }
  return ndArray('float32', batch.shape, out);
}
