import type { Mix, Mono } from './audio-info.js';

/** The channels that `mono` means in a recording of `channels`; `undefined` where it has no such channel. */
export function mixOf(mono: Mono, channels: number): Mix | undefined {
  switch (mono) {
    case 'mean':
      return Array.from({ length: channels }, (_, c) => c);
    case 'mid':
      return channels === 1 ? [0] : [0, 1];
    case 'left':
      return [0];
    case 'right':
      return [Math.min(1, channels - 1)];
    default:
      return Number.isInteger(mono) && mono >= 0 && mono < channels ? [mono] : undefined;
  }
}

/**
 * Mixes `count` frames of interleaved samples to one channel, written to `out` from `at` on.
 * A mean is summed in double precision, so that equal channels come out unchanged.
 */
export function mixInterleaved(
  interleaved: Float32Array,
  channels: number,
  count: number,
  mix: Mix,
  out: Float32Array,
  at: number,
): void {
  if (mix.length === 1) {
    const first = mix[0]!;
    for (let i = 0; i < count; i++) out[at + i] = interleaved[i * channels + first]!;
    return;
  }
  for (let i = 0; i < count; i++) {
    let sum = 0;
    for (const c of mix) sum += interleaved[i * channels + c]!;
    out[at + i] = sum / mix.length;
  }
}

/** Mixes `count` integers a channel, from `from` on, to one channel of `value / fullScale`. */
export function mixPlanar(
  planes: readonly Int32Array[],
  from: number,
  count: number,
  fullScale: number,
  mix: Mix,
  out: Float32Array,
  at: number,
): void {
  const scale = 1 / (fullScale * mix.length);
  if (mix.length === 1) {
    const plane = planes[mix[0]!]!;
    for (let i = 0; i < count; i++) out[at + i] = plane[from + i]! * scale;
    return;
  }
  for (let i = 0; i < count; i++) {
    let sum = 0;
    for (const c of mix) sum += planes[c]![from + i]!;
    out[at + i] = sum * scale;
  }
}
