import { TAU_2020_ABSTRACTS, TAU_2020_SCENES } from '@asc/core';
import { formatTauName, parseTauName, TRAIN_PERCENTS } from '@asc/data';
import { type GeneratedSet, type PlannedClip, type SetFile, isHeldOut, linesOf } from './generated-set.js';

type Scene = (typeof TAU_2020_SCENES)[number];

/** Segments of device `a` and their locations: to train on, to test on, and in neither list of fold 1 (README of TAU 2019). */
// prettier-ignore
const STATISTICS: Readonly<Record<Scene, readonly (readonly [segments: number, locations: number])[]>> = {
  airport: [[911, 25], [421, 12], [108, 3]],
  bus: [[928, 46], [415, 20], [97, 5]],
  metro: [[902, 41], [433, 20], [105, 6]],
  metro_station: [[897, 37], [435, 17], [108, 3]],
  park: [[946, 27], [386, 11], [108, 3]],
  public_square: [[945, 28], [387, 12], [108, 3]],
  shopping_mall: [[896, 24], [441, 10], [103, 2]],
  street_pedestrian: [[924, 29], [429, 14], [87, 3]],
  street_traffic: [[942, 27], [402, 12], [96, 4]],
  tram: [[894, 41], [436, 21], [110, 8]],
};
const CITIES = ['barcelona', 'helsinki', 'lisbon', 'london', 'lyon', 'milan', 'paris', 'prague', 'stockholm', 'vienna'];
const DEVICES = ['b', 'c', 's1', 's2', 's3', 's4', 's5', 's6'];
/** Devices that are only in the test of the 2020 sets. */
const UNSEEN = ['s4', 's5', 's6'];
/** Segments of a scene that a device other than `a` has, on the two sides of fold 1. */
const OTHER_DEVICES = { train: 75, test: 33 };
/** Of 23,040 recordings, TAU 2022 Mobile lacks so many. */
const LOST = { train: 3, test: 2 };

/** 14,400 recordings of one device, in fold 1 as TAU 2019 has them: 9,185 to train on, 4,185 to test on. */
export const TAU_2019: GeneratedSet = { plan: tau2019Plan, tables: tauTables };

/** The same recordings by their names, with the abstract class as the label in every table. */
export const TAU_2020_3CLASS: GeneratedSet = {
  plan: (names) => tau2019Plan(names).map((clip) => ({ ...clip, scene: abstractOf(clip.scene as Scene) })),
  tables: tauTables,
};

/** 23,040 recordings: 1,080 of each of eight devices beside those; 13,965 to train on, 330 of each device to test on. */
export const TAU_2020_MOBILE: GeneratedSet = { plan: tau2020Plan, tables: tauTables };

/** 230,350 clips of a second, with the lists of DCASE 2024. */
export const TAU_2022_MOBILE: GeneratedSet = {
  plan: (names) =>
    withoutLost(tau2020Plan(names)).flatMap((clip) => {
      const device = clip.id.lastIndexOf('-');
      const [before, after] = [clip.id.slice(0, device), clip.id.slice(device)];
      return Array.from({ length: 10 }, (_, second) => ({ ...clip, id: `${before}-${second}${after}` }));
    }),
  tables: (clips) => [...tauTables(clips), ...shareTables(clips)],
};

/** `clips` anonymous recordings and the one list of them: what the archives of the challenges' evaluation sets hold. */
export function evaluationSet(clips: number, list: string): GeneratedSet {
  return {
    plan: () => Array.from({ length: clips }, (_, i) => ({ id: `audio/${i}.wav` })),
    tables: (some) => [[`evaluation_setup/${list}`, namesOf(some, '\r\n')]],
  };
}

interface Recording {
  readonly scene: Scene;
  readonly location: number;
  readonly segment: number;
  readonly side: PlannedClip['side'];
}

/** The recordings of device `a`, scene by scene. */
function recordings(): readonly Recording[] {
  const counted = { locations: 0, segments: 0 };
  return TAU_2020_SCENES.flatMap((scene) =>
    STATISTICS[scene].flatMap(([segments, locations], part) => {
      const first = counted.locations;
      counted.locations += locations;
      return Array.from({ length: segments }, (_, k) => ({
        scene,
        location: first + Math.floor((k * locations) / segments),
        segment: counted.segments++,
        side: (['train', 'test'] as const)[part],
      }));
    }),
  );
}

function tau2019Plan(names?: readonly string[]): readonly PlannedClip[] {
  if (names !== undefined) return tauPlan(names).filter(({ device }) => device === 'a');
  return recordings().map((recording) => clipOf(recording, 'a', recording.side));
}

/** Fold 1 of 2020 trains on what that of 2019 leaves out, too. */
function tau2020Plan(names?: readonly string[]): readonly PlannedClip[] {
  if (names !== undefined) return tauPlan(names);
  const all = recordings();
  return TAU_2020_SCENES.flatMap((scene) =>
    (['train', 'test'] as const).flatMap((side) => {
      const some = all.filter(
        (recording) => recording.scene === scene && (recording.side === 'test') === (side === 'test'),
      );
      const isAmong = (index: number, turn: number) =>
        isChosen((index + 5 * turn) % some.length, some.length, OTHER_DEVICES[side]);
      return some.flatMap((recording, i) => [
        clipOf(recording, 'a', side === 'train' || isAmong(i, 0) ? side : undefined),
        ...DEVICES.filter((_, d) => isAmong(i, d + 1)).map((device) =>
          clipOf(recording, device, side === 'train' && UNSEEN.includes(device) ? undefined : side),
        ),
      ]);
    }),
  );
}

/** Whether the item at `index` is one of `wanted` evenly spread over `count`. */
function isChosen(index: number, count: number, wanted: number): boolean {
  return Math.floor(((index + 1) * wanted) / count) > Math.floor((index * wanted) / count);
}

function clipOf({ scene, location, segment }: Recording, device: string, side: PlannedClip['side']): PlannedClip {
  const city = CITIES[location % CITIES.length] ?? '';
  const name = formatTauName({ scene, city, location: `${location}`, segment: `${segment}`, device }, 'wav');
  return { id: `audio/${name}`, scene, location: `${city}-${location}`, device, side };
}

/** What official names tell; their sides they do not, so that every fourth location is held out. */
function tauPlan(names: readonly string[]): readonly PlannedClip[] {
  return names.map((file) => {
    const name = parseTauName(file);
    if (name === undefined) throw new Error(`${file} is no TAU name`);
    const { scene, city, device } = name;
    const location = `${city}-${name.location}`;
    return { id: `audio/${file}`, scene, location, device, side: isHeldOut(location, 1) ? 'test' : 'train' };
  });
}

function withoutLost(clips: readonly PlannedClip[]): readonly PlannedClip[] {
  const ofPhones = clips.filter(({ device }) => device === 'b' || device === 'c');
  const lost = (['train', 'test'] as const).flatMap((wanted) =>
    ofPhones.filter(({ side }) => side === wanted).slice(0, LOST[wanted]),
  );
  return clips.filter((clip) => !lost.includes(clip));
}

function abstractOf(scene: Scene): string {
  const groups = Object.entries(TAU_2020_ABSTRACTS) as [string, readonly string[]][];
  return groups.find(([, scenes]) => scenes.includes(scene))?.[0] ?? '';
}

function tauTables(clips: readonly PlannedClip[]): SetFile[] {
  const train = clips.filter(({ side }) => side === 'train');
  const test = clips.filter(({ side }) => side === 'test');
  const rows = clips.map(({ id, scene, location, device }) => `${id}\t${scene}\t${location}\t${device}`);
  return [
    ['meta.csv', linesOf(['filename\tscene_label\tidentifier\tsource_label', ...rows])],
    ['evaluation_setup/fold1_train.csv', labelled(train)],
    ['evaluation_setup/fold1_evaluate.csv', labelled(test)],
    ['evaluation_setup/fold1_test.csv', namesOf(test)],
  ];
}

/** Shares of the training list in whole recordings of ten seconds, each share within the next larger one, and the test list. */
function shareTables(clips: readonly PlannedClip[]): SetFile[] {
  const train = clips.filter(({ side }) => side === 'train');
  const recorded = [...new Set(train.map(({ id }) => recordingOf(id)))];
  const rank = new Map(recorded.map((recording, i) => [recording, (37 * i) % 100]));
  return [
    ...TRAIN_PERCENTS.map((percent): SetFile => [
      `split_setup/split${percent}.csv`,
      labelled(train.filter(({ id }) => (rank.get(recordingOf(id)) ?? 0) < percent)),
    ]),
    ['split_setup/test.csv', namesOf(clips.filter(({ side }) => side === 'test'))],
  ];
}

/** The name without its second. */
function recordingOf(id: string): string {
  return id.replace(/-\d-([a-z]\w*\.wav)$/, '-$1');
}

function labelled(clips: readonly PlannedClip[]): string {
  return linesOf(['filename\tscene_label', ...clips.map(({ id, scene }) => `${id}\t${scene}`)]);
}

function namesOf(clips: readonly PlannedClip[], end?: string): string {
  return linesOf(['filename', ...clips.map(({ id }) => id)], end);
}
