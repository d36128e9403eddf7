import { checkFinite, checkKeys, checkPositiveInteger } from '@asc/core';
import { checkSamples } from './check-samples.js';
import { CrossCorrelator } from './cross-correlator.js';

/** Options of {@link changeTempo}. */
export interface TempoOptions {
  readonly sampleRateHz: number;
  /** Speed: 1.25 is a quarter faster and 0.8 times as long. 0.25 to 4. */
  readonly factor: number;
}

/** Lengths that suit music and scenes alike; those of `sox tempo`. */
const SEGMENT_MS = 82;
const SEARCH_MS = 14.68;
const OVERLAP_MS = 12;
/** Energy of an overlap that says nothing about likeness. */
const SILENCE = 1e-12;

/**
 * A copy at another speed and the same pitch: (S) to (round(S / factor)). WSOLA: segments of 82 ms are laid end to end with
 * 12 ms of overlap, each taken within 14.68 ms from the place the speed asks for, where it goes on most like the one before
 * (largest normalised cross-correlation of the overlap). A factor of 1 is a copy.
 * Source: Verhelst and Roelands, ICASSP 1993; lengths as in SoX, whose `tempo` Heo and others (DCASE 2021) used with factors
 * 0.75, 0.85, 1.15 and 1.25.
 *
 * @throws UsageError for samples that are not finite, and a factor outside 0.25 to 4.
 */
export function changeTempo(samples: Float32Array, options: TempoOptions): Float32Array {
  checkSamples('The sound', samples);
  checkKeys('The options of changeTempo', options, ['sampleRateHz', 'factor']);
  const sampleRateHz = checkPositiveInteger('sampleRateHz', options.sampleRateHz);
  const factor = checkFinite('factor of changeTempo', options.factor, { min: 0.25, max: 4 });
  if (factor === 1) return samples.slice();
  const inSamples = (ms: number) => Math.max(1, Math.round((ms * sampleRateHz) / 1000));
  const [segment, search, overlap] = [inSamples(SEGMENT_MS), inSamples(SEARCH_MS), inSamples(OVERLAP_MS)];
  const out = new Float32Array(Math.round(samples.length / factor));
  const hop = Math.max(1, segment - overlap);
  // Silence beyond the end, so that the last segments are whole.
  const padded = new Float32Array(samples.length + segment + search + overlap + hop);
  padded.set(samples);

  const correlator = new CrossCorrelator(overlap, search);
  let from = 0;
  copy(padded, 0, out, 0, segment);
  for (let at = hop; at < out.length; at += hop) {
    // `expected` goes on exactly as the segment before did.
    const expected = from + hop;
    const wanted = Math.round(at * factor);
    // Late enough for the speed, early enough that the sound does not end before the copy does.
    const latest = samples.length - search - Math.min(segment, out.length - at);
    const first = Math.max(0, Math.min(wanted - (search >> 1), latest));
    from = mostAlike(correlator, padded, { pattern: Math.min(expected, samples.length), first, overlap });
    for (let i = 0; i < overlap && at + i < out.length; i++) {
      const share = (i + 1) / (overlap + 1);
      out[at + i] = (1 - share) * out[at + i]! + share * padded[from + i]!;
    }
    copy(padded, from + overlap, out, at + overlap, segment - overlap);
  }
  return out;
}

function copy(from: Float32Array, start: number, to: Float32Array, at: number, length: number): void {
  const count = Math.min(length, to.length - at);
  if (count > 0) to.set(from.subarray(start, start + count), at);
}

/** The start in [first, first + search) whose `overlap` samples correlate best with those from `pattern` on. */
function mostAlike(
  correlator: CrossCorrelator,
  x: Float32Array,
  { pattern, first, overlap }: { pattern: number; first: number; overlap: number },
): number {
  const products = correlator.correlate(x, pattern, first);
  let energy = 0;
  for (let i = 0; i < overlap; i++) energy += x[first + i]! ** 2;
  // Where nothing is alike, in silence say, the place the speed asks for.
  let best = products.length >> 1;
  let bestScore = 0;
  for (let s = 0; s < products.length; s++) {
    const product = products[s]!;
    // Signed square of the normalised correlation, up to the pattern's own energy.
    const score = energy > SILENCE ? (product * Math.abs(product)) / energy : 0;
    if (score > bestScore) [best, bestScore] = [s, score];
    energy += x[first + s + overlap]! ** 2 - x[first + s]! ** 2;
  }
  return first + best;
}
