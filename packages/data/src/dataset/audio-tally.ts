import type { AudioInfo } from '../audio/audio-info.js';
import type { FactCheck } from './check-facts.js';
import type { AudioFacts, Fact } from './dataset-facts.js';

/** Counts the recordings that have the form a set was published in. */
export interface AudioTally {
  add(info: AudioInfo): void;
  checks(): FactCheck[];
}

/** A tally that has counted nothing; it checks nothing where no form is known. */
export function audioTally(fact: Fact<AudioFacts> | undefined): AudioTally {
  if (fact === undefined) return { add: () => undefined, checks: () => [] };
  const { value, basis } = fact;
  const forms = [
    {
      about: `recordings of ${value.sampleRateHz} Hz`,
      has: (info: AudioInfo) => info.sampleRateHz === value.sampleRateHz,
    },
    { about: `recordings of ${value.bits} bits`, has: (info: AudioInfo) => info.bits === value.bits },
    {
      about: `recordings of ${value.channels} channel${value.channels === 1 ? '' : 's'}`,
      has: (info: AudioInfo) => info.channels === value.channels,
    },
    // Some recorders leave one sample more or less.
    {
      about: `recordings of ${value.samples} samples (± 1)`,
      has: (info: AudioInfo) => Math.abs(info.samples - value.samples) <= 1,
    },
  ];
  const counts = forms.map(() => 0);
  let opened = 0;
  return {
    add(info) {
      opened++;
      forms.forEach(({ has }, i) => (counts[i] = (counts[i] ?? 0) + (has(info) ? 1 : 0)));
    },
    checks: () =>
      forms.map(({ about }, i) => {
        const received = counts[i] ?? 0;
        return { about, expected: opened, received, agrees: received === opened, basis };
      }),
  };
}
