import { TAU_2020_SCENES, createRng } from '@asc/core';
import { formatTauName } from '../dataset/tau-name.js';

/** One recording of the set to be: what its line of `meta.csv` says, and its side of fold 1. */
export interface PlannedClip {
  readonly id: string;
  readonly scene: string;
  readonly identifier: string;
  readonly device: string;
  readonly side: 'train' | 'test';
}

const CITIES = [
  'barcelona',
  'helsinki',
  'lisbon',
  'london',
  'lyon',
  'milan',
  'paris',
  'prague',
  'stockholm',
  'vienna',
] as const;
const SEEN_DEVICES = ['b', 'c', 's1', 's2', 's3'] as const;
/** Test segments take these trios in turn: one real, one seen and one unseen device each. */
const TEST_TRIOS = [
  ['a', 's1', 's4'],
  ['b', 's2', 's5'],
  ['c', 's3', 's6'],
] as const;
const TRIO = 3;

/** Fold 1 of TAU 2020 Mobile: 2,970 of 16,935 clips are tested, equally many of each device. */
const TEST_SHARE = 2970 / 16_935;
/** There 10,215 of the 13,965 training clips come from device a. */
const MAIN_DEVICE_SHARE = 10_215 / 13_965;
const SEGMENTS_PER_LOCATION = 2;

/** Fewest clips a scene can have: a test clip of each of the nine devices, and a training clip of each of the six seen ones. */
export const MIN_CLIPS_PER_SCENE = 9 + 1 + SEEN_DEVICES.length;

/**
 * Lists `clipsPerScene` recordings of each of the ten scenes in the proportions of TAU 2020 Mobile: test clips come from all
 * nine devices alike, three to a segment; training segments are recorded by `a`, and some of them also by one or more of `b`,
 * `c`, `s1`–`s3`. No location is on both sides.
 */
export function planClips(clipsPerScene: number, seed: number): readonly PlannedClip[] {
  const testSegments = TEST_TRIOS.length * Math.max(1, Math.round((clipsPerScene * TEST_SHARE) / 9));
  const trainClips = clipsPerScene - testSegments * TRIO;
  const others = Math.max(SEEN_DEVICES.length, Math.round(trainClips * (1 - MAIN_DEVICE_SHARE)));
  const trainSegments = trainClips - others;
  const rng = createRng(seed).split('synthetic-plan');
  const clips: PlannedClip[] = [];
  let location = 0;
  let segment = 0;
  for (const scene of TAU_2020_SCENES) {
    // Locations are dealt to cities in an order of the scene's own; each holds a few segments of one side.
    const cities = rng.split(scene).permutation(CITIES.length);
    let dealt = 0;
    const place = (count: number, side: 'train' | 'test', devicesOf: (n: number) => readonly string[]): void => {
      for (let n = 0; n < count; n++) {
        if (n % SEGMENTS_PER_LOCATION === 0) {
          location++;
          dealt++;
        }
        const city = CITIES[cities[dealt % CITIES.length] ?? 0] ?? 'vienna';
        for (const device of devicesOf(n)) {
          const name = { scene, city, location: String(location), segment: String(segment), device };
          const id = `audio/${formatTauName(name, 'wav')}`;
          clips.push({ id, scene, identifier: `${city}-${location}`, device, side });
        }
        segment++;
      }
    };
    place(trainSegments, 'train', (n) => ['a', ...takeTurns(n, trainSegments, others)]);
    place(testSegments, 'test', (n) => TEST_TRIOS[n % TRIO] ?? []);
  }
  return clips.sort((a, b) => (a.id < b.id ? -1 : 1));
}

/** The further devices at segment `n` of `segments`, when `others` recordings are spread evenly and devices take turns. */
function takeTurns(n: number, segments: number, others: number): string[] {
  const from = Math.floor((n * others) / segments);
  const to = Math.floor(((n + 1) * others) / segments);
  const devices: string[] = [];
  for (let turn = from; turn < to; turn++) devices.push(SEEN_DEVICES[turn % SEEN_DEVICES.length] ?? 'b');
  return devices;
}
