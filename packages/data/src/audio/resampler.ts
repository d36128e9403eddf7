import { UsageError } from '@asc/core';

/** Changes the sample rate of whole recordings. Holds a filter and no state: use one for any number of recordings. */
export interface Resampler {
  readonly fromHz: number;
  readonly toHz: number;
  /** ceil(n · toHz / fromHz): samples that `process` makes of n. */
  outputSamples(inputSamples: number): number;
  /** A new array; sample 0 stays at time 0 (no delay), the recording is taken to be silent outside. */
  process(samples: Float32Array): Float32Array;
}

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

/**
 * Designs a polyphase FIR resampler: a sinc under a Kaiser window, linear phase, pass band to 90 % of the lower Nyquist frequency,
 * at least 120 dB down from there to every alias and image.
 * Source: Kaiser's formulas in Oppenheim & Schafer, Discrete-Time Signal Processing, section 7.5.3.
 *
 * @throws {UsageError} rates that are not positive whole numbers, or whose ratio needs an absurdly large filter.
 */
export function createResampler(fromHz: number, toHz: number): Resampler {
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
  const outputSamples = (inputSamples: number) => Math.ceil((inputSamples * up) / down);
  if (up === down) return { fromHz, toHz, outputSamples, process: (samples) => samples.slice() };

  // Frequencies in cycles per input sample; the transition ends exactly where folding begins.
  const nyquist = Math.min(1, up / down) / 2;
  const halfSpan = (ATTENUATION_DB - 7.95) / (14.36 * nyquist * (1 - PASS_EDGE)) / 2;
  const cutoff = (nyquist * (1 + PASS_EDGE)) / 2;
  // An even number, for the unrolled loop.
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

  return {
    fromHz,
    toHz,
    outputSamples,
    process(samples) {
      const padded = new Float64Array(samples.length + 2 * taps);
      padded.set(samples, before);
      const out = new Float32Array(outputSamples(samples.length));
      // Four outputs of one phase at a time share its taps: they lie `up` outputs and `down` inputs apart.
      const blocks = Math.floor(out.length / (4 * up));
      for (let block = 0; block < blocks; block++) {
        for (let r = 0, ahead = 0; r < up; r++, ahead += down) {
          const whole = Math.floor(ahead / up);
          const first = (ahead - whole * up) * taps;
          const n = 4 * up * block + r;
          convolveFour(padded, 4 * down * block + whole, down, bank, first, first + taps, out, n, up);
        }
      }
      for (let n = 4 * up * blocks; n < out.length; n++) {
        const whole = Math.floor((n * down) / up);
        let h = (n * down - whole * up) * taps;
        let sum = 0;
        for (let x = whole, end = whole + taps; x < end; x++, h++) sum += padded[x]! * bank[h]!;
        out[n] = sum;
      }
      return out;
    },
  };
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

/**
 * Resamples one recording: (S) at `fromHz` to (ceil(S · toHz / fromHz)) at `toHz`. For many recordings of one rate, make one
 * {@link createResampler} and keep it.
 *
 * @throws {UsageError} see {@link createResampler}.
 */
export function resample(samples: Float32Array, fromHz: number, toHz: number): Float32Array {
  return createResampler(fromHz, toHz).process(samples);
}
