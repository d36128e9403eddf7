import { TAU_2020_SCENES, UsageError, checkKeys, checkOneOf } from '@asc/core';
import { randomBytes } from 'node:crypto';
import { mkdir, readFile, rename, rm, writeFile } from 'node:fs/promises';
import { dirname, join, resolve } from 'node:path';
import { writeWav } from '../audio/wav-writer.js';
import { TRAIN_PERCENTS } from '../dataset/load-tau.js';
import { tut2017Labels } from '../dataset/tut-labels.js';
import { renderClip } from './render-clip.js';

/** The published sets whose layout a rehearsal can take. */
export const REHEARSAL_SETS = Object.freeze(['tut2017', 'tau2019', 'tau2020-mobile', 'tau2022-mobile'] as const);

/** What {@link generateRehearsal} makes. */
export interface RehearsalOptions {
  readonly set: (typeof REHEARSAL_SETS)[number];
  /** Folder of the set; must not exist, or hold the same rehearsal. */
  readonly out: string;
  /** Length of every clip. */
  readonly clipSeconds: number;
}

interface RehearsalClip {
  /** Path below the set's folder. */
  readonly id: string;
  readonly scene: string;
  readonly location: string;
  readonly device: string;
  readonly fold: number;
  /** The synthetic clip it sounds like. */
  readonly sound: string;
}

const MARKER = 'rehearsal.json';
const SAMPLE_RATE_HZ = 44_100;
/** Locations of each scene, which is a clip each; every fourth is held out in a fold of its own. */
const LOCATIONS = 4;
const DEVICES = ['a', 'b', 's1', 's4'];

/**
 * Makes a handful of synthetic clips in the layout of a published set: names, tables, folds and lists as the official
 * archives have them, four clips a scene. It is there to walk through a recipe before the real set has arrived.
 * Equal options give equal bytes.
 *
 * @returns the folder; one that holds the same rehearsal is left as it is.
 * @throws UsageError for an unknown set, or a folder that holds something else; DataError when the disk refuses.
 */
export async function generateRehearsal(options: RehearsalOptions): Promise<string> {
  checkKeys('The options of generateRehearsal', options, ['set', 'out', 'clipSeconds']);
  const { set, clipSeconds } = options;
  checkOneOf('set', set, REHEARSAL_SETS);
  const out = resolve(options.out);
  const marker = `${JSON.stringify({ generator: 'asc-rehearsal-1', set, clipSeconds })}\n`;
  if (await isSame(out, marker)) return out;
  const partial = join(dirname(out), `.rehearsal-${randomBytes(6).toString('hex')}`);
  try {
    const clips = set === 'tut2017' ? tutClips() : tauClips(set);
    await mkdir(join(partial, 'audio'), { recursive: true });
    for (const { id, sound } of clips) {
      const config = { seed: 0, clipSeconds, sampleRateHz: SAMPLE_RATE_HZ };
      await writeWav(join(partial, id), renderClip(config, sound));
    }
    for (const [name, lines] of set === 'tut2017' ? tutTables(clips) : tauTables(set, clips)) {
      await mkdir(dirname(join(partial, name)), { recursive: true });
      await writeFile(join(partial, name), lines.map((line) => `${line}\n`).join(''));
    }
    await writeFile(join(partial, MARKER), marker);
    await rename(partial, out).catch(async (cause: unknown) => {
      // Another process may have been faster; its set is as good.
      if (!(await isSame(out, marker))) throw cause;
    });
    return out;
  } finally {
    await rm(partial, { recursive: true, force: true });
  }
}

async function isSame(out: string, marker: string): Promise<boolean> {
  const found = await readFile(join(out, MARKER), 'utf8').catch((error: NodeJS.ErrnoException) => error.code);
  if (found === marker) return true;
  if (found === 'ENOENT' && !(await exists(out))) return false;
  throw new UsageError({
    what: `${out} holds something else.`,
    expected: 'no such folder, or the same rehearsal',
    hint: 'Choose another folder, or remove this one yourself if it is not needed.',
  });
}

async function exists(folder: string): Promise<boolean> {
  return readFile(folder).then(
    () => true,
    (error: NodeJS.ErrnoException) => error.code !== 'ENOENT',
  );
}

function tauClips(set: string): RehearsalClip[] {
  return TAU_2020_SCENES.flatMap((scene, s) =>
    Array.from({ length: LOCATIONS }, (_, k) => {
      const device = set === 'tau2019' ? 'a' : (DEVICES[k] ?? 'a');
      const segment = `${LOCATIONS * s + k}${set === 'tau2022-mobile' ? '-0' : ''}`;
      const name = `${scene}-lyon-${LOCATIONS * s + k}-${segment}-${device}.wav`;
      return { id: `audio/${name}`, scene, location: `lyon-${LOCATIONS * s + k}`, device, fold: k + 1, sound: name };
    }),
  );
}

/** Fifteen scenes: the last five sound like the first five do elsewhere. */
function tutClips(): RehearsalClip[] {
  return tut2017Labels().scenes.flatMap((scene, s) =>
    Array.from({ length: LOCATIONS }, (_, k) => {
      const location = `${String.fromCharCode(97 + s)}00${k}`;
      const sound = `${TAU_2020_SCENES[s % TAU_2020_SCENES.length]}-paris-${LOCATIONS * s + k}-${LOCATIONS * s + k}-a.wav`;
      return { id: `audio/${location}_0_10.wav`, scene, location, device: 'a', fold: k + 1, sound };
    }),
  );
}

type Table = readonly [name: string, lines: readonly string[]];

function tauTables(set: string, clips: readonly RehearsalClip[]): Table[] {
  const labelled = (some: readonly RehearsalClip[]) => [
    'filename\tscene_label',
    ...some.map(({ id, scene }) => `${id}\t${scene}`),
  ];
  const train = clips.filter(({ fold }) => fold !== LOCATIONS);
  const heldOut = clips.filter(({ fold }) => fold === LOCATIONS);
  const names = ['filename', ...heldOut.map(({ id }) => id)];
  const rows = clips.map(({ id, scene, location, device }) => [id, scene, location, device].join('\t'));
  const lists: Table[] =
    set === 'tau2022-mobile'
      ? [
          ...TRAIN_PERCENTS.map((percent): Table => [`split_setup/split${percent}.csv`, labelled(train)]),
          ['split_setup/test.csv', names],
        ]
      : [];
  return [
    ['meta.csv', ['filename\tscene_label\tidentifier\tsource_label', ...rows]],
    ['evaluation_setup/fold1_train.csv', labelled(train)],
    ['evaluation_setup/fold1_test.csv', names],
    ['evaluation_setup/fold1_evaluate.csv', labelled(heldOut)],
    ...lists,
  ];
}

function tutTables(clips: readonly RehearsalClip[]): Table[] {
  const labelled = ({ id, scene }: RehearsalClip) => `${id}\t${scene}`;
  return [
    ['meta.txt', clips.map((clip) => `${labelled(clip)}\t${clip.location}`)],
    ...[1, 2, 3, 4].flatMap((fold): Table[] => {
      const heldOut = clips.filter((clip) => clip.fold === fold);
      return [
        [`evaluation_setup/fold${fold}_train.txt`, clips.filter((clip) => clip.fold !== fold).map(labelled)],
        [`evaluation_setup/fold${fold}_evaluate.txt`, heldOut.map(labelled)],
        [`evaluation_setup/fold${fold}_test.txt`, heldOut.map(({ id }) => id)],
      ];
    }),
  ];
}
