/**
 * Mel scales. `htk`: 2595·log10(1 + f/700). `slaney` (Auditory Toolbox, librosa's default): 200/3 Hz a mel below 1 kHz,
 * logarithmic with 27 mels per factor 6.4 above. `vggish`: 1127·ln(1 + f/700), HTK's curve to four digits.
 */
export type MelScale = 'htk' | 'slaney' | 'vggish';

const SLANEY_HZ_PER_MEL = 200 / 3;
const SLANEY_BREAK_HZ = 1000;
const SLANEY_BREAK_MEL = SLANEY_BREAK_HZ / SLANEY_HZ_PER_MEL;
const SLANEY_LOG_STEP = Math.log(6.4) / 27;

/** Hertz to mel: `htk` 2595·log10(1 + f/700); `slaney` linear to 1 kHz, logarithmic above (librosa.hz_to_mel). */
export function hzToMel(hz: number, scale: MelScale): number {
  if (scale === 'htk') return 2595 * Math.log10(1 + hz / 700);
  if (scale === 'vggish') return 1127 * Math.log(1 + hz / 700);
  if (hz < SLANEY_BREAK_HZ) return hz / SLANEY_HZ_PER_MEL;
  return SLANEY_BREAK_MEL + Math.log(hz / SLANEY_BREAK_HZ) / SLANEY_LOG_STEP;
}

/** Mel to hertz, the inverse of {@link hzToMel}. */
export function melToHz(mel: number, scale: MelScale): number {
  if (scale === 'htk') return 700 * (10 ** (mel / 2595) - 1);
  if (scale === 'vggish') return 700 * (Math.exp(mel / 1127) - 1);
  if (mel < SLANEY_BREAK_MEL) return mel * SLANEY_HZ_PER_MEL;
  return SLANEY_BREAK_HZ * Math.exp(SLANEY_LOG_STEP * (mel - SLANEY_BREAK_MEL));
}
