import { checkKeys, checkOneOf, checkPositiveInteger } from '@asc/core';
import { checkSamples } from './check-samples.js';
import { Mdct } from './mdct.js';

/** Bit rates MP3 knows, in kilobit a second. */
export const MP3_KBPS = [8, 16, 24, 32, 40, 48, 56, 64, 80, 96, 112, 128, 160, 192, 224, 256, 320] as const;
export type Mp3Kbps = (typeof MP3_KBPS)[number];

/** Options of {@link simulateMp3}. */
export interface SimulateMp3Options {
  readonly sampleRateHz: number;
  /** One of {@link MP3_KBPS}, of one channel. */
  readonly kbps: Mp3Kbps;
}

/** Coefficients of a granule. */
const SIZE = 576;
/** Side information and scale factors of a granule. Below 32 kbit/s MP3 halves the sample rate: half as many granules. */
const overheadBits = (kbps: number): number => (kbps < 32 ? 65 : 130);
/** Rounding of quantised numbers, as encoders do it: small ones towards 0. */
const ROUNDING = 0.4054;
/** How far the noise of a band follows its sound: 0 is the same noise everywhere, 1 the same ratio. */
const NOISE_FOLLOWS = 0.5;
/** Above this, critical bands widen and more noise is allowed, by this power of the frequency. */
const CRITICAL_HZ = 500;
const EASE = 0.5;
/** Coefficients below this are silence: −140 dB and less. */
const SILENCE = 1e-7;
/** Where LAME 3.100 cuts off the top of one channel, by kilobit a second. */
const BAND_LIMIT_HZ: readonly (readonly [kbps: number, hz: number])[] = [
  [8, 3000],
  [16, 5550],
  [24, 5850],
  [32, 8250],
  [40, 10_500],
  [48, 11_250],
  [56, 15_000],
  [64, 16_500],
  [Infinity, 20_250],
];

/**
 * What MP3 at a low bit rate sounds like, simulated: (S) to (S), no delay. The top is cut off where LAME cuts it; the rest is
 * transformed (MDCT of 576), quantised by the power law of MP3 with a step for each band, as coarsely as the bits of a granule
 * ask for, and transformed back. No MP3 stream is made: bits are estimated by entropy, blocks are never short and there is no
 * reservoir. For the real thing, run an encoder. Samples may leave [−1, 1] a little, as decoded MP3 does. Silence stays silence.
 * Source: ISO/IEC 11172-3 for transform, power law and granules; band limits measured with LAME 3.100.
 *
 * @throws UsageError for samples that are not finite, or a bit rate MP3 does not know.
 */
export function simulateMp3(samples: Float32Array, options: SimulateMp3Options): Float32Array {
  checkSamples('The sound', samples);
  checkKeys('The options of simulateMp3', options, ['sampleRateHz', 'kbps']);
  const rate = checkPositiveInteger('sampleRateHz', options.sampleRateHz);
  const kbps = checkOneOf('kbps', options.kbps, MP3_KBPS);
  const limitHz = BAND_LIMIT_HZ.find(([upTo]) => kbps <= upTo)![1];
  const kept = Math.min(SIZE, Math.round((2 * SIZE * limitHz) / rate));
  const bits = Math.max(0, (1000 * kbps * SIZE) / rate - overheadBits(kbps));
  const bands = bandsUpTo(kept, rate);

  const granules = Math.ceil(samples.length / SIZE) + 1;
  const padded = new Float64Array((granules + 1) * SIZE);
  padded.set(samples, SIZE);
  const decoded = new Float64Array(padded.length);
  const mdct = new Mdct(SIZE);
  const coefficients = new Float64Array(SIZE);
  for (let granule = 0; granule < granules; granule++) {
    mdct.forward(padded, granule * SIZE, coefficients);
    coefficients.fill(0, kept);
    quantise(coefficients, bands, bits);
    mdct.addInverse(coefficients, decoded, granule * SIZE);
  }
  return Float32Array.from(decoded.subarray(SIZE, SIZE + samples.length));
}

/** Coefficients with one step. */
interface Band {
  readonly start: number;
  readonly end: number;
  /** How much noise the ear forgives here, as a factor of the step. */
  readonly ease: number;
}

/** Bands about as wide as those of the ear: at least 4 coefficients, then 0.2 of their frequency. */
function bandsUpTo(kept: number, rate: number): Band[] {
  const bands: Band[] = [];
  for (let start = 0; start < kept;) {
    const end = Math.min(kept, start + Math.max(4, Math.round(0.2 * start)));
    const centreHz = (((start + end) / 2) * rate) / (2 * SIZE);
    bands.push({ start, end, ease: Math.max(1, centreHz / CRITICAL_HZ) ** EASE });
    start = end;
  }
  return bands;
}

/** Rounds the coefficients in place to what `bits` can say: the finest common step that fits, found by halving. */
function quantise(x: Float64Array, bands: readonly Band[], bits: number): void {
  const peak = x.reduce((most, value) => Math.max(most, Math.abs(value)), 0);
  if (peak < SILENCE) {
    x.fill(0);
    return;
  }
  const steps = bands.map(({ start, end, ease }) => {
    let energy = 0;
    for (let k = start; k < end; k++) energy += x[k]! ** 2;
    // A floor far below the peak, so that a silent band has a step.
    return ease * Math.max(Math.sqrt(energy / (end - start)), 1e-6 * peak) ** NOISE_FOLLOWS;
  });
  const widest = Math.max(...steps);
  const stepOf = (band: number, gain: number) => (peak * 2 ** (gain / 4) * steps[band]!) / widest;
  // |x|^¾ by two roots, several times as fast as a power.
  const kept = x.subarray(0, bands.at(-1)?.end ?? 0);
  const powers = kept.map((value) => Math.sqrt(Math.abs(value) * Math.sqrt(Math.abs(value))));
  // In quarters of an octave, as MP3's global gain: from beyond the loudest coefficient to 2⁻²⁴ of it.
  let [tooFine, coarse] = [-96, 12];
  while (coarse - tooFine > 1) {
    const gain = Math.floor((tooFine + coarse) / 2);
    let needed = 0;
    for (const [b, band] of bands.entries()) needed += bitsOf(powers, band, stepOf(b, gain));
    if (needed <= bits) coarse = gain;
    else tooFine = gain;
  }
  for (const [b, { start, end }] of bands.entries()) {
    const step = stepOf(b, coarse);
    const scale = step ** -0.75;
    for (let k = start; k < end; k++) {
      const quantised = Math.floor(powers[k]! * scale + ROUNDING);
      x[k] = Math.sign(x[k]!) * step * quantised * Math.cbrt(quantised);
    }
  }
}

/** Bits of a band: the entropy of a geometric law of its mean magnitude, and a sign for what is not 0. */
function bitsOf(powers: Float64Array, { start, end }: Band, step: number): number {
  const scale = step ** -0.75;
  let sum = 0;
  let signs = 0;
  for (let k = start; k < end; k++) {
    const quantised = Math.floor(powers[k]! * scale + ROUNDING);
    sum += quantised;
    if (quantised > 0) signs++;
  }
  if (sum === 0) return 0;
  const mean = sum / (end - start);
  return (end - start) * ((1 + mean) * Math.log2(1 + mean) - mean * Math.log2(mean)) + signs;
}
