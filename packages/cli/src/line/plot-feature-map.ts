import type { FeatureMap } from '@asc/core';
import { encode } from 'fast-png';
import { colourOf } from '../terminal/colour-map.js';

/** The darkest and the brightest colour stand for these quantiles, so that a few outliers do not flatten the picture. */
const QUANTILES = [0.01, 0.99] as const;
/** Pixels the shorter side has at least, where nothing is said. */
const MIN_SIDE = 256;

/**
 * A feature map as a PNG: time to the right, bands upwards, channels below one another, each in its own range. Small maps are
 * enlarged by whole pixels until the shorter side has `minSide`.
 */
export function plotFeatureMap(map: FeatureMap, options: { readonly minSide?: number } = {}): Uint8Array {
  const { bands, frames, channels } = map;
  const zoom = Math.max(1, Math.ceil((options.minSide ?? MIN_SIDE) / Math.min(bands, frames)));
  const gap = zoom * 2;
  const width = frames * zoom;
  const height = channels * bands * zoom + (channels - 1) * gap;
  const pixels = new Uint8Array(width * height * 3).fill(255);
  for (let c = 0; c < channels; c += 1) {
    const [low, high] = rangeOf(map, c);
    const top = c * (bands * zoom + gap);
    for (let y = 0; y < bands * zoom; y += 1) {
      const band = bands - 1 - Math.floor(y / zoom);
      for (let x = 0; x < width; x += 1) {
        const value = map.data[(band * frames + Math.floor(x / zoom)) * channels + c] ?? 0;
        pixels.set(colourOf(high > low ? (value - low) / (high - low) : 0), ((top + y) * width + x) * 3);
      }
    }
  }
  return encode({ width, height, data: pixels, channels: 3, depth: 8 });
}

function rangeOf({ data, bands, frames, channels }: FeatureMap, channel: number): [low: number, high: number] {
  const values = new Float32Array(bands * frames).map((_, i) => data[i * channels + channel] ?? 0).sort();
  const at = (quantile: number): number => values[Math.round(quantile * (values.length - 1))] ?? 0;
  return [at(QUANTILES[0]), at(QUANTILES[1])];
}
