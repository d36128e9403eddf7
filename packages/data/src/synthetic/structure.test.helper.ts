import type { Biquad } from './biquad.js';

/** Log energies of a clip: `bands` rows of `frames` numbers. Kept simple, and apart from the front ends of the toolkit. */
export type EnergyMap = readonly Float64Array[];

const FFT = 512;
const HOP = 256;
const BANDS = 32;

/** Log energies in bands that are evenly spaced on a logarithmic scale from 100 Hz to 0.45 of the sample rate. */
export function energyMap(samples: Float32Array, sampleRateHz: number): EnergyMap {
  const frames = 1 + Math.floor((samples.length - FFT) / HOP);
  const low = 100;
  const top = (0.45 * sampleRateHz) / low;
  const edges = Array.from({ length: BANDS + 1 }, (_, i) => (low * top ** (i / BANDS) * FFT) / sampleRateHz);
  const map = Array.from({ length: BANDS }, () => new Float64Array(frames));
  const re = new Float64Array(FFT);
  const im = new Float64Array(FFT);
  for (let t = 0; t < frames; t++) {
    for (let n = 0; n < FFT; n++) {
      re[n] = (samples[t * HOP + n] ?? 0) * (0.5 - 0.5 * Math.cos((2 * Math.PI * n) / FFT));
      im[n] = 0;
    }
    fft(re, im);
    map.forEach((row, band) => {
      const from = Math.round(edges[band] ?? 0);
      const to = Math.max(from + 1, Math.round(edges[band + 1] ?? 0));
      let energy = 0;
      for (let k = from; k < to; k++) energy += (re[k] ?? 0) ** 2 + (im[k] ?? 0) ** 2;
      row[t] = Math.log(energy + 1e-7);
    });
  }
  return map;
}

/** Radix-2 Fourier transform in place. */
function fft(re: Float64Array, im: Float64Array): void {
  const n = re.length;
  for (let i = 1, j = 0; i < n; i++) {
    let bit = n >> 1;
    for (; j & bit; bit >>= 1) j ^= bit;
    j ^= bit;
    if (i < j) {
      [re[i], re[j]] = [re[j] ?? 0, re[i] ?? 0];
      [im[i], im[j]] = [im[j] ?? 0, im[i] ?? 0];
    }
  }
  for (let size = 2; size <= n; size *= 2) {
    const half = size / 2;
    for (let k = 0; k < half; k++) {
      const c = Math.cos((2 * Math.PI * k) / size);
      const s = -Math.sin((2 * Math.PI * k) / size);
      for (let i = k; i < n; i += size) {
        const j = i + half;
        const x = c * (re[j] as number) - s * (im[j] as number);
        const y = c * (im[j] as number) + s * (re[j] as number);
        re[j] = (re[i] as number) - x;
        im[j] = (im[i] as number) - y;
        re[i] = (re[i] as number) + x;
        im[i] = (im[i] as number) + y;
      }
    }
  }
}

/** What a linear classifier of spectra sees: the mean of each band. */
export function bandMeans(map: EnergyMap): number[] {
  return map.map((row) => row.reduce((sum, x) => sum + x, 0) / row.length);
}

const LAGS = [1, 2, 3, 4, 6, 8, 12, 16, 20, 24, 28];
const BAND_STEPS = [1, 2, 4];
const FRAME_STEPS = [-4, -2, -1, 0, 1, 2, 4];

/**
 * The course in time and nothing else: every band's mean is taken out first. Correlation of the map with itself, moved in time and
 * across bands, and the lopsidedness of values and of their changes.
 */
export function structure(map: EnergyMap): number[] {
  const means = bandMeans(map);
  const centred = map.map((row, band) => row.map((x) => x - (means[band] ?? 0)));
  const moment = (rows: EnergyMap, power: number): number => {
    let sum = 0;
    for (const row of rows) for (const x of row) sum += x ** power;
    return sum / (rows.length * (rows[0]?.length ?? 1));
  };
  const shifted = (bands: number, frames: number): number => {
    let sum = 0;
    let count = 0;
    for (let b = 0; b + bands < centred.length; b++) {
      const here = centred[b] as Float64Array;
      const there = centred[b + bands] as Float64Array;
      for (let t = Math.max(0, -frames); t < Math.min(here.length, here.length - frames); t++) {
        sum += (here[t] as number) * (there[t + frames] as number);
        count++;
      }
    }
    return sum / count;
  };
  const variance = moment(centred, 2);
  const changes = centred.map((row) => row.slice(1).map((x, t) => x - (row[t] ?? 0)));
  const changeVariance = moment(changes, 2);
  return [
    ...LAGS.map((lag) => shifted(0, lag) / variance),
    ...BAND_STEPS.flatMap((bands) => FRAME_STEPS.map((frames) => shifted(bands, frames) / variance)),
    moment(centred, 3) / variance ** 1.5,
    moment(centred, 4) / variance ** 2,
    moment(changes, 3) / changeVariance ** 1.5,
    moment(changes, 4) / changeVariance ** 2,
    Math.log(variance),
  ];
}

/** Examples of a classification problem: rows of equally many features, and their class numbers. */
export interface Examples {
  readonly x: readonly (readonly number[])[];
  readonly y: readonly number[];
}

/** Fits multinomial logistic regression on standardised features (gradient descent, L2) and returns its decisions. */
export function fitLinear(train: Examples, classes: number): (x: readonly number[]) => number {
  const features = train.x[0]?.length ?? 0;
  const count = train.x.length;
  const mean = Array.from({ length: features }, (_, f) => train.x.reduce((sum, row) => sum + (row[f] ?? 0), 0) / count);
  const scale = mean.map(
    (m, f) => 1 / Math.sqrt(train.x.reduce((sum, row) => sum + ((row[f] ?? 0) - m) ** 2, 0) / count),
  );
  const standard = (row: readonly number[]): number[] => [
    ...row.map((v, f) => (v - (mean[f] ?? 0)) * (scale[f] ?? 0)),
    1,
  ];
  const x = train.x.map(standard);
  const weights = Array.from({ length: classes }, () => new Float64Array(features + 1));
  const speed = weights.map((row) => row.slice());
  const scores = (row: readonly number[]): number[] =>
    weights.map((w) => row.reduce((sum, v, f) => sum + v * (w[f] as number), 0));
  for (let step = 0; step < 300; step++) {
    const slope = weights.map((w) => w.map((v) => (v * 3) / count));
    x.forEach((row, i) => {
      const z = scores(row);
      const top = Math.max(...z);
      const e = z.map((v) => Math.exp(v - top));
      const total = e.reduce((sum, v) => sum + v, 0);
      slope.forEach((g, k) => {
        const error = ((e[k] as number) / total - (train.y[i] === k ? 1 : 0)) / count;
        for (let f = 0; f <= features; f++) g[f] = (g[f] as number) + error * (row[f] as number);
      });
    });
    weights.forEach((w, k) => {
      for (let f = 0; f <= features; f++) {
        const v = 0.9 * ((speed[k] as Float64Array)[f] as number) - 0.3 * ((slope[k] as Float64Array)[f] as number);
        (speed[k] as Float64Array)[f] = v;
        w[f] = (w[f] as number) + v;
      }
    });
  }
  return (row) => {
    const z = scores(standard(row));
    return z.indexOf(Math.max(...z));
  };
}

/** Gain of a filter at a frequency, in dB, from its formula. */
export function responseDb(filter: Biquad, sampleRateHz: number, hz: number): number {
  const w = (2 * Math.PI * hz) / sampleRateHz;
  const power = (c0: number, c1: number, c2: number): number =>
    (c0 + c1 * Math.cos(w) + c2 * Math.cos(2 * w)) ** 2 + (c1 * Math.sin(w) + c2 * Math.sin(2 * w)) ** 2;
  return 10 * Math.log10(power(filter.b0, filter.b1, filter.b2) / power(1, filter.a1, filter.a2));
}
