import { TAU_2020_SCENES } from '@asc/core';
import { formatTauName, parseTauName, tut2017Labels } from '@asc/data';

/** A clip of a generated set. */
export interface PlannedClip {
  /** File name below `audio/`. */
  readonly file: string;
  readonly scene: string;
  readonly location: string;
  readonly device?: string;
}

const CITIES = ['barcelona', 'helsinki', 'lisbon', 'london', 'lyon', 'milan', 'paris', 'prague', 'stockholm', 'vienna'];
const DEVICES = ['b', 'c', 's1', 's2', 's3', 's4', 's5', 's6'];
/** Segments of one scene on device `a`: 14,400 over ten scenes. */
const SEGMENTS = 1440;

/** 23,040 names as TAU 2020 Mobile has them: 2,304 a scene, 14,400 of device `a` and 1,080 of each other. */
export function tau2020Names(): string[] {
  return TAU_2020_SCENES.flatMap((scene, s) =>
    Array.from({ length: SEGMENTS }, (_, k) => {
      const location = 52 * s + Math.floor(k / 28);
      const city = CITIES[location % 10] ?? '';
      const heard = ['a', ...DEVICES.filter((__, d) => (k + 5 * d) % 40 < 3)];
      return heard.map((device) =>
        formatTauName({ scene, city, location: `${location}`, segment: `${SEGMENTS * s + k}`, device }, 'wav'),
      );
    }).flat(),
  );
}

/** 230,350 names as TAU 2022 Mobile has them: every second of 23,040 clips but five. */
export function tau2022Names(tenSeconds: readonly string[]): string[] {
  return tenSeconds
    .slice(0, -5)
    .flatMap((name) => Array.from({ length: 10 }, (_, second) => name.replace(/-([a-z]\w*\.wav)$/, `-${second}-$1`)));
}

/** What an official name tells. */
export function tauPlan(names: readonly string[]): PlannedClip[] {
  return names.map((file) => {
    const name = parseTauName(file);
    if (name === undefined) throw new Error(`${file} is no TAU name`);
    return { file, scene: name.scene, location: `${name.city}-${name.location}`, device: name.device };
  });
}

/** 4,680 clips as TUT Acoustic Scenes 2017 has them: 15 scenes of 26 recordings of 12 segments. */
export function tut2017Plan(): PlannedClip[] {
  return tut2017Labels().scenes.flatMap((scene, s) =>
    Array.from({ length: 312 }, (_, k) => {
      const location = `${'abcdefghijklmno'[s]}${String(Math.floor(k / 12)).padStart(3, '0')}`;
      return { file: `${location}_${10 * (k % 12)}_${10 * (k % 12) + 10}.wav`, scene, location };
    }),
  );
}

/** 2,000 clips as ESC-50 has them. */
export function esc50Plan(): PlannedClip[] {
  return Array.from({ length: 2000 }, (_, i) => {
    const category = (i % 400) >> 3;
    return {
      file: `${Math.floor(i / 400) + 1}-${100_000 + (i >> 1)}-${'AB'[i % 2]}-${category}.wav`,
      scene: `category_${category}`,
      location: `${100_000 + i}`,
    };
  });
}

/** `count` of the clips, evenly chosen, in their order. */
export function thinned(clips: readonly PlannedClip[], count: number): readonly PlannedClip[] {
  if (count >= clips.length) return clips;
  return Array.from({ length: count }, (_, i) => clips[Math.floor((i * clips.length) / count)] as PlannedClip);
}
