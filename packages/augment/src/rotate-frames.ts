import type { FeatureMap } from '@asc/core';

/** A copy whose frame t was frame t − shift, ends joined, for an integer `shift` of either sign: (F, T, C) to (F, T, C). */
export function rotateFrames({ data, bands, frames, channels }: FeatureMap, shift: number): FeatureMap {
  const first = (((shift % frames) + frames) % frames) * channels;
  const rowLength = frames * channels;
  const out = new Float32Array(data.length);
  for (let band = 0; band < bands; band++) {
    const row = data.subarray(band * rowLength, (band + 1) * rowLength);
    out.set(row.subarray(rowLength - first), band * rowLength);
    out.set(row.subarray(0, rowLength - first), band * rowLength + first);
  }
  return { data: out, bands, frames, channels };
}
