import { UsageError } from '@asc/core';

/** Everything above the lower of the two Nyquist frequencies is down by this much; so is the ripple below the pass edge. */
const ATTENUATION_DB = 130;
/** The pass band ends at this part of the lower Nyquist frequency. */
const PASS_EDGE = 0.9;
/** 8 MiB of filter: far beyond every pair of customary rates. */
const MAX_COEFFICIENTS = 1 << 20;

/** I₀(x), the modified Bessel function of order zero, by its power series. */
function besselI0(x: number): number {
  let sum = 1;
  let term = 1;
  for (let k = 1; term > sum * 1e-17; k++) {
    term *= (x / (2 * k)) ** 2;
    sum += term;
  }
  return sum;
}

function greatestCommonDivisor(a: number, b: number): number {
  return b === 0 ? a : greatestCommonDivisor(b, a % b);
}

/** A polyphase filter from one rate to another, its rates checked. */
export interface ResamplingFilter {
  /** Output samples per `down` input samples, without a common divisor. */
  readonly up: number;
  readonly down: number;
  /** Taps of a phase; an even number. */
  readonly taps: number;
  /** Taps before the input sample an output is counted from. */
  readonly before: number;
  /** (up, taps), row-major; empty where the rates are equal. */
  readonly bank: Float64Array;
}

/** Where an output sample lies: `phase / up` input samples behind input `whole`. */
export interface ResamplingPosition {
  whole: number;
  phase: number;
}

/**
 * Designs a polyphase FIR filter: a sinc under a Kaiser window, linear phase, pass band to 90 % of the lower Nyquist frequency,
 * at least 120 dB down from there to every alias and image.
 * Source: Kaiser's formulas in Oppenheim & Schafer, Discrete-Time Signal Processing, section 7.5.3.
 *
 * @throws {UsageError} rates that are not positive whole numbers, or whose ratio needs an absurdly large filter.
 */
export function designResamplingFilter(fromHz: number, toHz: number): ResamplingFilter {
  for (const rate of [fromHz, toHz]) {
    if (!Number.isSafeInteger(rate) || rate < 1) {
      throw new UsageError({
        what: 'cannot resample',
        expected: 'sample rates in whole Hz, above 0',
        received: `${fromHz} to ${toHz}`,
      });
    }
  }
  const divisor = greatestCommonDivisor(fromHz, toHz);
  const up = toHz / divisor;
  const down = fromHz / divisor;
  if (up === down) return { up, down, taps: 0, before: 0, bank: new Float64Array() };

  // Frequencies in cycles per input sample; the transition ends exactly where folding begins.
  const nyquist = Math.min(1, up / down) / 2;
  const halfSpan = (ATTENUATION_DB - 7.95) / (14.36 * nyquist * (1 - PASS_EDGE)) / 2;
  const cutoff = (nyquist * (1 + PASS_EDGE)) / 2;
  // An even number, for the unrolled loops.
  const taps = 4 * Math.ceil((2 * halfSpan + 1) / 4);
  if (up * taps > MAX_COEFFICIENTS) {
    throw new UsageError({
      what: `cannot resample ${fromHz} Hz to ${toHz} Hz`,
      expected: `a ratio that needs at most ${MAX_COEFFICIENTS} filter coefficients`,
      received: `${up}:${down}, which needs ${up * taps}`,
      hint: 'choose rates with a larger common divisor, such as 16000, 22050, 32000, 44100 or 48000',
    });
  }

  // Output n lies `phase / up` input samples behind input `whole`; tap j of its phase weighs input whole − before + j.
  const before = taps / 2 - 1;
  const beta = 0.1102 * (ATTENUATION_DB - 8.7);
  const peak = besselI0(beta);
  const bank = new Float64Array(up * taps);
  for (let phase = 0; phase < up; phase++) {
    for (let j = 0; j < taps; j++) {
      const time = j - before - phase / up;
      const inside = 1 - (time / halfSpan) ** 2;
      const angle = 2 * Math.PI * cutoff * time;
      const sinc = angle === 0 ? 1 : Math.sin(angle) / angle;
      bank[phase * taps + j] = inside < 0 ? 0 : (2 * cutoff * sinc * besselI0(beta * Math.sqrt(inside))) / peak;
    }
  }

  return { up, down, taps, before, bank };
}

/**
 * Fills `out` from `padded`, whose sample `whole` is the first that an output at `position` weighs, and moves `position` behind
 * the last. Every output is summed in the same order, wherever it stands.
 */
export function applyResamplingFilter(
  { up, down, taps, bank }: ResamplingFilter,
  padded: Float64Array,
  position: ResamplingPosition,
  out: Float32Array,
): void {
  const { whole: from, phase } = position;
  // Four outputs of one phase at a time share its taps: they lie `up` outputs and `down` inputs apart.
  const blocks = Math.floor(out.length / (4 * up));
  for (let block = 0; block < blocks; block++) {
    for (let r = 0, ahead = phase; r < up; r++, ahead += down) {
      const whole = Math.floor(ahead / up);
      const first = (ahead - whole * up) * taps;
      const n = 4 * up * block + r;
      convolveFour(padded, from + 4 * down * block + whole, down, bank, first, first + taps, out, n, up);
    }
  }
  for (let n = 4 * up * blocks; n < out.length; n++) {
    const ahead = phase + n * down;
    const whole = Math.floor(ahead / up);
    const first = (ahead - whole * up) * taps;
    let [even, odd] = [0, 0];
    for (let x = from + whole, h = first; h < first + taps; x += 2, h += 2) {
      even += padded[x]! * bank[h]!;
      odd += padded[x + 1]! * bank[h + 1]!;
    }
    out[n] = even + odd;
  }
  const ahead = phase + out.length * down;
  position.whole = from + Math.floor(ahead / up);
  position.phase = ahead % up;
}

/** out[n + k·outStep] = Σ bank[h]·x[at + k·step + h − start] for k = 0 … 3, h from `start` to `end`; an even number of taps. */
function convolveFour(
  x: Float64Array,
  at: number,
  step: number,
  bank: Float64Array,
  start: number,
  end: number,
  out: Float32Array,
  n: number,
  outStep: number,
): void {
  let [a0, a1, a2, a3] = [0, 0, 0, 0];
  let [b0, b1, b2, b3] = [0, 0, 0, 0];
  for (let h = start, i = at; h < end; h += 2, i += 2) {
    const even = bank[h]!;
    const odd = bank[h + 1]!;
    a0 += x[i]! * even;
    a1 += x[i + step]! * even;
    a2 += x[i + 2 * step]! * even;
    a3 += x[i + 3 * step]! * even;
    b0 += x[i + 1]! * odd;
    b1 += x[i + 1 + step]! * odd;
    b2 += x[i + 1 + 2 * step]! * odd;
    b3 += x[i + 1 + 3 * step]! * odd;
  }
  out[n] = a0 + b0;
  out[n + outStep] = a1 + b1;
  out[n + 2 * outStep] = a2 + b2;
  out[n + 3 * outStep] = a3 + b3;
}
