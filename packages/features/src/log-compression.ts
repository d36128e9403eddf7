import type { FrontEndConfig } from '@asc/core';

/** Which logarithm is taken of a map, and what keeps it from zero. */
export type LogConfig = FrontEndConfig['log'];

/** Compresses non-negative `values` in place: nothing, ln(x + eps), or 10·log10(max(x, amin)). */
export function compressInPlace(values: Float64Array, log: LogConfig): void {
  if (log.kind === 'ln') {
    for (let i = 0; i < values.length; i += 1) values[i] = Math.log(values[i]! + log.eps);
  } else if (log.kind === 'db') {
    for (let i = 0; i < values.length; i += 1) values[i] = 10 * Math.log10(Math.max(values[i]!, log.amin));
  }
}

/** Raises `values` in place to `topDb` below `peak`: the second half of librosa.power_to_db. */
export function clipBelowPeak(values: Float32Array, peak: number, topDb: number): void {
  const lowest = peak - topDb;
  for (let i = 0; i < values.length; i += 1) if (values[i]! < lowest) values[i] = lowest;
}

/** The decibels below the clip's maximum at which values are cut, where the configuration asks for it. */
export function topDbOf(log: LogConfig): number | undefined {
  return log.kind === 'db' && log.topDb !== null ? log.topDb : undefined;
}
