import type { Mono } from './audio-info.js';

/**
 * Mixes `count` frames of interleaved samples to one channel, written to `out` from `at` on.
 * `mean` sums in double precision, so that equal channels come out unchanged.
 */
export function mixInterleaved(
  interleaved: Float32Array,
  channels: number,
  count: number,
  mono: Mono,
  out: Float32Array,
  at: number,
): void {
  if (mono !== 'mean' || channels === 1) {
    const first = mono === 'mean' ? 0 : mono;
    for (let i = 0; i < count; i++) out[at + i] = interleaved[i * channels + first]!;
    return;
  }
  for (let i = 0; i < count; i++) {
    let sum = 0;
    for (let c = 0; c < channels; c++) sum += interleaved[i * channels + c]!;
    out[at + i] = sum / channels;
  }
}

/** Mixes `count` integers a channel, from `from` on, to one channel of `value / fullScale`. */
export function mixPlanar(
  planes: readonly Int32Array[],
  from: number,
  count: number,
  fullScale: number,
  mono: Mono,
  out: Float32Array,
  at: number,
): void {
  const picked = mono === 'mean' ? planes : planes.slice(mono, mono + 1);
  const scale = 1 / (fullScale * picked.length);
  const [first] = picked;
  if (first === undefined) return;
  if (picked.length === 1) {
    for (let i = 0; i < count; i++) out[at + i] = first[from + i]! * scale;
    return;
  }
  for (let i = 0; i < count; i++) {
    let sum = 0;
    for (const plane of picked) sum += plane[from + i]!;
    out[at + i] = sum * scale;
  }
}
