import { checkPositiveInteger } from '@asc/core';
import { BluesteinFft } from './bluestein-fft.js';
import { MixedRadixFft, radixFactors } from './mixed-radix-fft.js';

/** Forward transform of one length, in place: X[k] = Σ x[n]·e^{−2πi·kn/N}. Not re-entrant: it owns its scratch. */
export interface ComplexFft {
  readonly length: number;
  /** (N) real and imaginary parts, overwritten by the spectrum. */
  transform(re: Float64Array, im: Float64Array): void;
}

/**
 * Complex FFT of any length: mixed radix where N is a product of 2, 3, 5 and 7, Bluestein's chirp otherwise.
 * Tables are built here, once.
 *
 * @throws UsageError where `length` is not a positive integer.
 */
export function complexFft(length: number): ComplexFft {
  checkPositiveInteger('The FFT length', length);
  const factors = radixFactors(length);
  return factors === undefined ? new BluesteinFft(length) : new MixedRadixFft(length, factors);
}
