import type { FrontEndConfig } from '@asc/core';
import { filterbankOf } from './mel-filterbank.js';
import { SparseFilterbank } from './sparse-filterbank.js';
import { makeWindow } from './windows.js';

/**
 * Where the kernel finds its tables and scratch: byte addresses.
 *
 * M = N/2 complex points; each is 32 bytes of scratch, (re, re), (im, im), one lane for each of two frames.
 */
export interface KernelLayout {
  /** (N) float64: half the window, zeros after it. */
  readonly window: number;
  /** int32 a first-stage butterfly: byte offset of the pair of samples its first input is. */
  readonly order: number;
  /** float64 (w¹, w², w³) as (cos, −sin) pairs for each k < L, stage after stage. */
  readonly twiddles: number;
  /** float64 (cos, sin) of 2πk/N for k = 1 … M/2. */
  readonly untangle: number;
  /** float64 weights of all bands, an even count each. */
  readonly weights: number;
  /** int32 pairs a band: byte offset of its first bin in `spectrum`, address where its weights end. */
  readonly bands: number;
  readonly bandsEnd: number;
  /** (K) float64 factors of the bins. */
  readonly scales: number;
  /** (M) complex points. */
  readonly points: number;
  /** (K + 1) pairs of float64; those from `firstBin` to before `endBin` have a weight. */
  readonly spectrum: number;
  readonly firstBin: number;
  readonly endBin: number;
  /** (F) pairs of float64. */
  readonly sums: number;
}

/** Lengths of the transforms that radix-4 stages combine into M points, first to last; the first stage made points of 1. */
export function stageLengths(points: number): { readonly firstRadix: 2 | 4; readonly lengths: readonly number[] } {
  const firstRadix = Math.log2(points) % 2 === 0 ? 4 : 2;
  const lengths: number[] = [];
  for (let length: number = firstRadix; length < points; length *= 4) lengths.push(length);
  return { firstRadix, lengths };
}

/** What a kernel's memory starts with. */
export interface KernelTables {
  readonly layout: KernelLayout;
  readonly contents: readonly (readonly [number, Float64Array | Int32Array])[];
  readonly emptyBands: readonly number[];
  readonly end: number;
}

/** Tables of one front end, each with its address, and room for scratch; the signal may start at `end`. */
export function kernelTables(config: FrontEndConfig): KernelTables {
  const { fftLength } = config;
  const points = fftLength / 2;
  const contents: [number, Float64Array | Int32Array][] = [];
  let end = 0;
  const room = (bytes: number): number => {
    const at = end;
    end += Math.ceil(bytes / 16) * 16;
    return at;
  };
  const place = (table: Float64Array | Int32Array): number => {
    const at = room(table.byteLength);
    contents.push([at, table]);
    return at;
  };
  const window = new Float64Array(fftLength);
  window.set(makeWindow(config.window, config.windowSamples).map((w) => w / 2));
  const angle = (k: number, length: number): number => (2 * Math.PI * k) / length;
  const untangle = new Float64Array(points);
  for (let k = 1; k <= points / 2; k += 1) {
    untangle.set([Math.cos(angle(k, fftLength)), Math.sin(angle(k, fftLength))], 2 * (k - 1));
  }
  const { firstRadix, lengths } = stageLengths(points);
  const twiddles = lengths.flatMap((length) =>
    Array.from({ length }, (_, k) =>
      [1, 2, 3].map((q) => [Math.cos(angle(q * k, 4 * length)), -Math.sin(angle(q * k, 4 * length))]),
    ).flat(2),
  );
  const dense = filterbankOf(config);
  const bank = dense && new SparseFilterbank(dense, config.bands);
  const at = {
    window: place(window),
    order: place(firstInputs(points, firstRadix).map((n) => 16 * n)),
    twiddles: place(Float64Array.from(twiddles)),
    untangle: place(untangle),
    scales: room(8 * (points + 1)),
    points: room(32 * points),
    spectrum: room(16 * (points + 2)),
    sums: room(16 * config.bands),
    weights: end,
  };
  const weights: number[] = [];
  const bands: number[] = [];
  // Where no band has a bin, the last one stands in: the loops over them run at least once.
  let used = { firstBin: points, endBin: 0 };
  for (let f = 0; f < config.bands; f += 1) {
    // Without a filterbank every bin is a band.
    const { firstBin, weights: row } = bank?.band(f) ?? { firstBin: f, weights: [1] };
    if (row.length > 0)
      used = { firstBin: Math.min(used.firstBin, firstBin), endBin: Math.max(used.endBin, firstBin + row.length) };
    weights.push(...row, ...(row.length % 2 === 0 ? [] : [0]));
    bands.push(16 * firstBin, at.weights + 8 * weights.length);
  }
  place(Float64Array.from(weights));
  const bandsAt = place(Int32Array.from(bands));
  return {
    layout: { ...at, ...used, bands: bandsAt, bandsEnd: bandsAt + 4 * bands.length },
    contents,
    emptyBands: bank?.emptyBands ?? [],
    end,
  };
}

/** For each first-stage butterfly the index of its first input: the digits of its place, reversed. */
function firstInputs(points: number, firstRadix: number): Int32Array {
  return Int32Array.from({ length: points / firstRadix }, (_, butterfly) => {
    let index = 0;
    for (let rest = butterfly, size = points / firstRadix, weight = 1; size > 1; size /= 4, weight *= 4) {
      const digit = Math.floor(rest / (size / 4));
      index += digit * weight;
      rest -= digit * (size / 4);
    }
    return index;
  });
}
