import type { FrontEndConfig } from '@asc/core';

/** How the values of a finished map are shifted and scaled. */
export type NormaliseConfig = FrontEndConfig['normalise'];

/** What is subtracted and what is divided by, per row of a frame: (R) each. */
export interface RowStatistics {
  readonly mean: Float64Array;
  readonly scale: Float64Array;
}

/**
 * Mean and floored standard deviation over time of each row of `values` (R, T), T−1 in the denominator; a single frame has
 * no deviation, so its scale is the floor. Two passes in float64, frames in order. A row starts every `stride` values.
 */
export function rowStatistics(
  values: Float32Array,
  rows: number,
  count: number,
  floor: number,
  stride = count,
): RowStatistics {
  const mean = new Float64Array(rows);
  const scale = new Float64Array(rows);
  for (let r = 0; r < rows; r += 1) {
    const end = r * stride + count;
    let sum = 0;
    for (let i = r * stride; i < end; i = (i + 1) | 0) sum += values[i]!;
    const centre = sum / count;
    let squares = 0;
    for (let i = r * stride; i < end; i = (i + 1) | 0) {
      const off = values[i]! - centre;
      squares += off * off;
    }
    mean[r] = centre;
    scale[r] = Math.max(count > 1 ? Math.sqrt(squares / (count - 1)) : 0, floor);
  }
  return { mean, scale };
}

/** The statistics a configuration normalises `values` (R, T) with; `undefined` where it does not. */
export function statisticsFor(
  config: NormaliseConfig,
  values: Float32Array,
  rows: number,
  count: number,
  stride = count,
): RowStatistics | undefined {
  if (config.kind === 'none') return undefined;
  if (config.kind === 'clip-band') return rowStatistics(values, rows, count, config.floor, stride);
  return {
    mean: new Float64Array(rows).fill(config.offset),
    scale: new Float64Array(rows).fill(config.scale),
  };
}
