import type { FrontEndConfig } from '@asc/core';
import { hzToMel, melToHz, type MelScale } from './mel-scale.js';

/** A bank of triangles, K = fftLength/2 + 1 bins to F = `bands` bands between two frequencies in Hz. */
export interface MelFilterbankOptions {
  readonly sampleRateHz: number;
  readonly fftLength: number;
  readonly bands: number;
  readonly minHz: number;
  readonly maxHz: number;
  readonly scale: MelScale;
  /** `slaney` divides each triangle by half its width in Hz, so that all have the same area. */
  readonly norm: 'none' | 'slaney';
}

/**
 * Triangular filters whose corners are equally spaced in mel: (K, F) row-major.
 *
 * `htk` and `slaney` triangles are straight in Hz (torchaudio.functional.melscale_fbanks, librosa.filters.mel);
 * `vggish` ones are straight in mel and give no weight to bin 0 (Google's mel_features.py).
 * Arguments are taken as checked: see {@link checkFrontEndConfig}.
 */
export function melFilterbank(options: MelFilterbankOptions): Float64Array {
  const { sampleRateHz, fftLength, bands, scale } = options;
  const bins = Math.floor(fftLength / 2) + 1;
  const lowest = hzToMel(options.minHz, scale);
  const highest = hzToMel(options.maxHz, scale);
  const cornersHz = Float64Array.from({ length: bands + 2 }, (_, i) =>
    melToHz(lowest + ((highest - lowest) * i) / (bands + 1), scale),
  );
  const straightInMel = scale === 'vggish';
  const toAxis = (hz: number): number => (straightInMel ? hzToMel(hz, scale) : hz);
  const corners = cornersHz.map(toAxis);
  const weights = new Float64Array(bins * bands);
  for (let k = straightInMel ? 1 : 0; k < bins; k += 1) {
    const x = toAxis((k * sampleRateHz) / fftLength);
    for (let f = 0; f < bands; f += 1) {
      const [low, centre, high] = [corners[f]!, corners[f + 1]!, corners[f + 2]!];
      const weight = Math.min((x - low) / (centre - low), (high - x) / (high - centre));
      if (weight <= 0) continue;
      const gain = options.norm === 'slaney' ? 2 / (cornersHz[f + 2]! - cornersHz[f]!) : 1;
      weights[k * bands + f] = weight * gain;
    }
  }
  return weights;
}

/** (K, F) filterbank of a configuration; `undefined` where it keeps the linear bins. */
export function filterbankOf(config: FrontEndConfig): Float64Array | undefined {
  if (config.mel === 'none') return undefined;
  return melFilterbank({
    sampleRateHz: config.sampleRateHz,
    fftLength: config.fftLength,
    bands: config.bands,
    minHz: config.minHz,
    maxHz: config.maxHz,
    scale: config.mel,
    norm: config.melNorm,
  });
}
