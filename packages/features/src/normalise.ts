import type { FrontEndConfig } from '@asc/core';

/** How the values of a finished map are shifted and scaled. */
export type NormaliseConfig = FrontEndConfig['normalise'];

/** What is subtracted and what is divided by, per row of a frame: (R) each. */
export interface RowStatistics {
  readonly mean: Float64Array;
  readonly scale: Float64Array;
}

/**
 * Mean and floored standard deviation over time of each row of `frames` (T, R), T−1 in the denominator; a single frame has
 * no deviation, so its scale is the floor. Two passes in float64, frames in order.
 */
export function rowStatistics(frames: Float32Array, rows: number, count: number, floor: number): RowStatistics {
  const mean = new Float64Array(rows);
  const scale = new Float64Array(rows);
  for (let t = 0, i = 0; t < count; t += 1) for (let r = 0; r < rows; r += 1, i += 1) mean[r]! += frames[i]!;
  for (let r = 0; r < rows; r += 1) mean[r]! /= count;
  for (let t = 0, i = 0; t < count; t += 1) {
    for (let r = 0; r < rows; r += 1, i += 1) scale[r]! += (frames[i]! - mean[r]!) ** 2;
  }
  for (let r = 0; r < rows; r += 1) {
    const deviation = count > 1 ? Math.sqrt(scale[r]! / (count - 1)) : 0;
    scale[r] = Math.max(deviation, floor);
  }
  return { mean, scale };
}

/** The statistics a configuration normalises `frames` (T, R) with; `undefined` where it does not. */
export function statisticsFor(
  config: NormaliseConfig,
  frames: Float32Array,
  rows: number,
  count: number,
): RowStatistics | undefined {
  if (config.kind === 'none') return undefined;
  if (config.kind === 'clip-band') return rowStatistics(frames, rows, count, config.floor);
  return {
    mean: new Float64Array(rows).fill(config.offset),
    scale: new Float64Array(rows).fill(config.scale),
  };
}
