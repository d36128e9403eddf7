import { checkOneOf, checkPositiveInteger, type FrontEndConfig } from '@asc/core';

/** A window function; `-symmetric` ends where it starts, the others are periodic. */
export type WindowName = FrontEndConfig['window'];

/** Cosine-sum coefficients: w[n] = a0 − a1·cos(2πn/D) + a2·cos(4πn/D). */
const COSINE_SUMS = {
  hann: [0.5, 0.5, 0],
  hamming: [0.54, 0.46, 0],
  blackman: [0.42, 0.5, 0.08],
  rectangular: [1, 0, 0],
} as const satisfies Record<string, readonly [number, number, number]>;

/** Every window there is, by name. */
export const WINDOW_NAMES: readonly WindowName[] = [
  'hann',
  'hann-symmetric',
  'hamming',
  'hamming-symmetric',
  'blackman',
  'blackman-symmetric',
  'rectangular',
];

/**
 * Window of `length` samples by name: (length).
 *
 * The plain names are periodic (D = length), which is what torch, torchaudio and librosa use for spectra; the
 * `-symmetric` ones end where they began (D = length − 1), as numpy and MATLAB's defaults do.
 *
 * @throws UsageError for an unknown name or a length that is not a positive integer.
 */
export function makeWindow(name: WindowName, length: number): Float64Array {
  checkOneOf('The window', name, WINDOW_NAMES);
  checkPositiveInteger('The window length', length);
  // One sample has no shape: scipy and torch return 1, periodic or not.
  if (length === 1) return Float64Array.of(1);
  const [a0, a1, a2] = COSINE_SUMS[name.replace('-symmetric', '') as keyof typeof COSINE_SUMS];
  const denominator = name.endsWith('-symmetric') ? length - 1 : length;
  const window = new Float64Array(length);
  for (let n = 0; n < length; n += 1) {
    const angle = (2 * Math.PI * n) / denominator;
    window[n] = a0 - a1 * Math.cos(angle) + a2 * Math.cos(2 * angle);
  }
  return window;
}
