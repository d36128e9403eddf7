import { checkPositiveInteger, DataError, describeValue, UsageError, type Waveform } from '@asc/core';

const HINT = 'Of several channels, average them, or take one.';

/** Returns `samples`, one channel (S) of finite numbers. @throws UsageError for anything else. @throws DataError for NaN and infinity. */
export function checkSamples(name: string, samples: unknown): Float32Array {
  if (!(samples instanceof Float32Array)) {
    throw new UsageError({
      what: `${name} are not samples of one channel.`,
      expected: 'a Float32Array, nominally in [-1, 1]',
      received: describeValue(samples),
      hint: HINT,
    });
  }
  // A loop: hours of sound are looked through without a call for every sample.
  for (let i = 0; i < samples.length; i++) {
    if (Number.isFinite(samples[i])) continue;
    throw new DataError({
      what: `${name} hold a value that is no number.`,
      expected: 'finite numbers',
      received: `${samples[i]} at sample ${i}`,
      hint: 'Look at what recorded or decoded the sound.',
    });
  }
  return samples;
}

/** Returns `sound`, one channel with its rate, not empty. @throws UsageError, DataError as {@link checkSamples}. */
export function checkSound(name: string, sound: Waveform): Waveform {
  if (typeof sound !== 'object' || sound === null || !('samples' in sound) || !('sampleRateHz' in sound)) {
    throw new UsageError({
      what: `${name} is not valid.`,
      expected: '{ samples: Float32Array, sampleRateHz }',
      received: describeValue(sound),
      hint: HINT,
    });
  }
  checkPositiveInteger(`${name}: sampleRateHz`, sound.sampleRateHz);
  if (checkSamples(`${name}: the samples`, sound.samples).length === 0) {
    throw new DataError({ what: `${name} is empty.`, expected: 'at least one sample', received: 'none' });
  }
  return sound;
}
