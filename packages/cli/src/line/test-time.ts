import { maskMap, shiftMap } from '@asc/augment';
import {
  checkFinite,
  checkPositiveInteger,
  createRng,
  UsageError,
  type FeatureMap,
  type ModelCard,
  type Rng,
} from '@asc/core';
import type { TestTimeConfig } from '@asc/train';
import type { Placement } from './window-worker.js';

/** Most copies of one recording. */
const MOST_PASSES = 1000;

/** Where a recording is heard, and what is judged of what was heard there. */
export interface TestTimeCopies {
  readonly placement: Placement;
  /** One changed window a pass; a recording that fits the window has one window for all. */
  of(windows: readonly FeatureMap[]): Iterable<FeatureMap>;
}

/** What each pass hears of a recording: it depends on the seed, the recording's id and the pass alone. */
export type TestTime = (id: string) => TestTimeCopies;

/**
 * Test-time augmentation: every pass hears a random part of a longer recording, rolled in time by N(0, shiftFrames) frames
 * and masked, and posteriors are averaged. Raw samples are rolled by the samples of the same frames.
 * Source: Xin and others (DCASE 2022 task 1), section 3.3: the mean softmax of 30 copies. Which copies is not printed; the
 * time shift is that of its section 3.2, masks are SP4ASC's (DCASE 2021), which leaves SpecAugment on.
 *
 * @throws UsageError for fewer than 1 or more than 1000 passes, and for masks where the model's input is raw samples.
 */
export function testTime(config: TestTimeConfig, seed: number, { input, frontEnd }: ModelCard): TestTime {
  const { shiftFrames, frequencyMask, timeMask } = config;
  const passes = checkPositiveInteger('The number of test-time passes', config.passes);
  checkFinite('The number of test-time passes', passes, { max: MOST_PASSES });
  const masks = {
    ...(frequencyMask.count > 0 ? { frequency: frequencyMask } : {}),
    ...(timeMask.count > 0 ? { time: timeMask } : {}),
  };
  const masked = Object.keys(masks).length > 0;
  if (masked && input === 'waveform') {
    throw new UsageError({
      what: 'The masks of evaluate.tta are for feature maps, and this model takes raw samples.',
      hint: 'Evaluate the run itself, or export it with --input features.',
    });
  }
  const stepsPerFrame = input === 'waveform' ? frontEnd.hopSamples : 1;
  const change = (map: FeatureMap, rng: Rng): FeatureMap => {
    const shifted = shiftMap(map, shiftFrames * stepsPerFrame, rng.split('shift'));
    return masked ? maskMap(shifted, masks, rng.split('mask')) : shifted;
  };
  const root = createRng(seed).split('tta');
  return (id) => {
    const own = Array.from({ length: passes }, (_, pass) => root.split(id, pass));
    return {
      placement: { kind: 'places', shares: own.map((rng) => rng.split('crop').uniform()) },
      *of(windows) {
        for (const [pass, rng] of own.entries()) yield change((windows[pass] ?? windows[0]) as FeatureMap, rng);
      },
    };
  };
}
