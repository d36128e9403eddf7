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
  // Whole groups of four taps a phase, for the unrolled loop.
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
  const wholeStep = Math.floor(down / up);
  const phaseStep = down % up;
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
      for (let n = 0, whole = 0, phase = 0; n < out.length; n++) {
        let h = phase * taps;
        let s0 = 0;
        let s1 = 0;
        let s2 = 0;
        let s3 = 0;
        for (let x = whole, end = whole + taps; x < end; x += 4, h += 4) {
          s0 += padded[x]! * bank[h]!;
          s1 += padded[x + 1]! * bank[h + 1]!;
          s2 += padded[x + 2]! * bank[h + 2]!;
          s3 += padded[x + 3]! * bank[h + 3]!;
        }
        out[n] = s0 + s1 + (s2 + s3);
        whole += wholeStep;
        phase += phaseStep;
        if (phase >= up) {
          phase -= up;
          whole++;
        }
      }
      return out;
    },
  };
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
