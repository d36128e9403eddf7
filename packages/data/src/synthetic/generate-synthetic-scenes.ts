import { existsSync } from 'node:fs';
import { readFile, readdir, rename, rm, rmdir, stat, statfs, writeFile } from 'node:fs/promises';
import { availableParallelism } from 'node:os';
import { dirname, join, resolve } from 'node:path';
import {
  AscError,
  checkFinite,
  checkKeys,
  checkNonNegativeInteger,
  checkPositiveInteger,
  DataError,
  makeFolder,
  TAU_2020_SCENES,
  UsageError,
} from '@asc/core';
import { loadTau } from '../dataset/load-tau.js';
import type { SceneDataset } from '../dataset/scene-dataset.js';
import { pipeline } from '../pipeline/pipeline.js';
import { workerPool } from '../pipeline/worker-pool.js';
import { MIN_CLIPS_PER_SCENE, type PlannedClip, planClips } from './plan-clips.js';
import type { WriteClipJob } from './write-clip.js';

/** What {@link generateSyntheticScenes} makes. */
export interface SyntheticOptions {
  /** Folder of the set; must not exist, be empty, or hold the same set. */
  readonly out: string;
  /** Recordings of each of the ten scenes, at least 15. Give this or `hours`. */
  readonly clipsPerScene?: number;
  /** Length of the whole set. */
  readonly hours?: number;
  /** Default 10, as in TAU 2020 Mobile. */
  readonly clipSeconds?: number;
  /** Default 0. */
  readonly seed?: number;
  /** Default 44100. */
  readonly sampleRateHz?: number;
  /** Threads; does not change a bit of the result. Default: one per core. */
  readonly workers?: number;
  readonly signal?: AbortSignal;
  /** Called after every clip, those found from an earlier attempt included. */
  readonly onProgress?: (done: number, total: number) => void;
}

/** What the bits of a set depend on; kept beside it as `synthetic.json`. */
interface SetConfig {
  readonly generator: 'asc-synthetic-scenes-1';
  readonly clipsPerScene: number;
  readonly clipSeconds: number;
  readonly seed: number;
  readonly sampleRateHz: number;
}

const MARKER = 'synthetic.json';
const SCENES = TAU_2020_SCENES.length;

/**
 * Makes the synthetic scene dataset: the ten TAU scenes as invented sounds, in the layout of TAU 2020 Mobile, with its
 * devices and the proportions of its fold 1. Scenes differ by their course in time; level and spectrum tell the place. Equal options
 * give equal bytes on one JavaScript engine, whatever the number of threads.
 *
 * Clips are gathered in `<out>.partial`, which takes its name when all is there: a set that loads is whole. After a
 * crash, an abort or a full disk, the same call goes on where it stopped. A set that is already there is returned as it is.
 *
 * @throws UsageError for impossible options or a folder that holds something else; DataError when the disk is full or
 * read-only; the signal's reason when aborted.
 */
export async function generateSyntheticScenes(options: SyntheticOptions): Promise<SceneDataset> {
  const config = checkOptions(options);
  const out = resolve(options.out);
  const present = await stateOf(out, config);
  if (present === 'same') return loadTau(out);
  if (present === 'other' || present === 'outdated') throw occupied(out);
  const partial = `${out}.partial`;
  const begun = await stateOf(partial, config);
  if (begun === 'other') throw occupied(partial);

  if (begun !== 'same') await checkRoom(out, SCENES * config.clipsPerScene * roomOf(config));
  const plan = planClips(config.clipsPerScene, config.seed);
  await refusing(`make ${partial}`, async () => {
    if (begun === 'outdated') await rm(partial, { recursive: true });
    await makeFolder(partial);
    // First of all: by it a later attempt knows the folder as ours.
    await writeFile(join(partial, MARKER), markerText(config));
    await makeFolder(join(partial, 'audio'));
    await makeFolder(join(partial, 'evaluation_setup'));
  });
  await writeClips(partial, plan, config, options);
  await refusing(`finish ${out}`, async () => {
    await writeTables(partial, plan);
    if (present === 'empty') await rmdir(out);
    await rename(partial, out);
  });
  return loadTau(out);
}

function checkOptions(options: SyntheticOptions): SetConfig {
  const keys = [
    'out',
    'clipsPerScene',
    'hours',
    'clipSeconds',
    'seed',
    'sampleRateHz',
    'workers',
    'signal',
    'onProgress',
  ];
  checkKeys('The options of generateSyntheticScenes', options, keys);
  if (typeof options.out !== 'string' || options.out === '') {
    throw new UsageError({ what: 'The synthetic dataset needs a folder.', expected: 'out: a path' });
  }
  const clipSeconds = checkFinite('clipSeconds', options.clipSeconds ?? 10, { min: 0.5, max: 600 });
  const sampleRateHz = checkPositiveInteger('sampleRateHz', options.sampleRateHz ?? 44_100);
  checkFinite('sampleRateHz', sampleRateHz, { min: 8000, max: 192_000 });
  if ((options.hours === undefined) === (options.clipsPerScene === undefined)) {
    throw new UsageError({
      what: 'The size of the synthetic dataset is not clear.',
      expected: 'either hours or clipsPerScene',
      received: options.hours === undefined ? 'neither' : 'both',
    });
  }
  const clipsPerScene =
    options.hours === undefined
      ? checkPositiveInteger('clipsPerScene', options.clipsPerScene)
      : Math.round((checkFinite('hours', options.hours, { min: 0, max: 1000 }) * 360) / clipSeconds);
  if (clipsPerScene < MIN_CLIPS_PER_SCENE) {
    const hours = (MIN_CLIPS_PER_SCENE * clipSeconds) / 360;
    throw new UsageError({
      what: 'The synthetic dataset would be too small for its nine devices and two sides.',
      expected: `at least ${MIN_CLIPS_PER_SCENE} clips per scene`,
      received: String(clipsPerScene),
      hint: `With clips of ${clipSeconds} s that is ${hours.toFixed(2)} hours; shorter clips need less.`,
    });
  }
  const seed = checkNonNegativeInteger('seed', options.seed ?? 0);
  return { generator: 'asc-synthetic-scenes-1', clipsPerScene, clipSeconds, seed, sampleRateHz };
}

/** The marker's text: equal text, equal set. */
function markerText(config: SetConfig): string {
  return `${JSON.stringify(config, undefined, 2)}\n`;
}

type FolderState = 'absent' | 'empty' | 'same' | 'outdated' | 'other';

/** What a folder holds: nothing, this set (whole or begun), one with other options, or something not ours. */
async function stateOf(folder: string, config: SetConfig): Promise<FolderState> {
  let names: string[];
  try {
    names = await readdir(folder);
  } catch (error) {
    return (error as NodeJS.ErrnoException).code === 'ENOENT' ? 'absent' : 'other';
  }
  if (names.length === 0) return 'empty';
  const marker = await readFile(join(folder, MARKER), 'utf8').catch(() => undefined);
  const wanted = markerText(config);
  if (marker === wanted) return 'same';
  // A marker that was cut short by a crash stands alone.
  if (marker !== undefined && names.length === 1 && wanted.startsWith(marker)) return 'empty';
  return marker?.includes(`"generator": "${config.generator}"`) === true ? 'outdated' : 'other';
}

function occupied(folder: string): UsageError {
  return new UsageError({
    what: `${folder} holds something else.`,
    expected: 'no such folder, an empty one, or the same synthetic dataset',
    hint: 'Choose another folder, or remove this one yourself if it is not needed.',
  });
}

async function writeClips(
  partial: string,
  plan: readonly PlannedClip[],
  config: SetConfig,
  options: SyntheticOptions,
): Promise<void> {
  const bytes = bytesOf(config);
  // A clip is written whole or not at all, so one of the right size is done.
  const done = await Promise.all(plan.map(async ({ id }) => (await sizeOf(join(partial, id))) === bytes));
  const missing = plan.filter((_, i) => done[i] !== true);
  let count = plan.length - missing.length;
  options.onProgress?.(count, plan.length);
  if (missing.length === 0) return;
  await checkRoom(partial, missing.length * roomOf(config));

  const { seed, clipSeconds, sampleRateHz } = config;
  const jobs = missing.map(({ id }): WriteClipJob => ({ path: join(partial, id), seed, clipSeconds, sampleRateHz }));
  const abort = options.signal === undefined ? {} : { signal: options.signal };
  const workers = checkPositiveInteger('workers', options.workers ?? availableParallelism());
  const pool = workerPool(new URL('./write-clip.js', import.meta.url), {
    workers: Math.min(workers, jobs.length),
    ...abort,
  });
  try {
    for await (const _ of pipeline(jobs, abort).parallelMap(pool, 'writeClip')) {
      options.onProgress?.(++count, plan.length);
    }
  } catch (error) {
    if (!(error instanceof DataError)) throw error;
    throw new DataError(
      { ...error.parts, hint: `Free space or choose another disk; the same call then goes on from ${partial}.` },
      { cause: error },
    );
  } finally {
    await pool.close();
  }
}

async function sizeOf(file: string): Promise<number | undefined> {
  return stat(file).then(
    (info) => (info.isFile() ? info.size : undefined),
    () => undefined,
  );
}

/** Size of a clip's file: a header and 16-bit samples. */
function bytesOf(config: SetConfig): number {
  return 44 + 2 * Math.round(config.clipSeconds * config.sampleRateHz);
}

/** Space a clip takes on a disk with blocks of 4 KiB, its line in the tables included. */
function roomOf(config: SetConfig): number {
  return bytesOf(config) + 4096;
}

async function checkRoom(target: string, needed: number): Promise<void> {
  // The folder itself may not exist yet: ask its nearest parent that does.
  let folder = target;
  while (!existsSync(folder) && dirname(folder) !== folder) folder = dirname(folder);
  const { bavail, bsize } = await statfs(folder);
  if (bavail * bsize >= needed) return;
  const mega = (bytes: number): string => `${Math.ceil(bytes / 1e6)} MB`;
  throw new DataError({
    what: `There is not enough room for the synthetic dataset in ${folder}.`,
    expected: mega(needed),
    received: `${mega(bavail * bsize)} free`,
    hint: 'Free space, choose another disk, or ask for fewer hours.',
  });
}

async function writeTables(root: string, plan: readonly PlannedClip[]): Promise<void> {
  const table = (columns: string, rows: readonly string[]): string => `${[columns, ...rows].join('\n')}\n`;
  const labelled = (side: PlannedClip['side']): string[] =>
    plan.filter((clip) => clip.side === side).map(({ id, scene }) => `${id}\t${scene}`);
  const tested = plan.filter((clip) => clip.side === 'test').map(({ id }) => id);
  const setup = join(root, 'evaluation_setup');
  await writeFile(join(setup, 'fold1_train.csv'), table('filename\tscene_label', labelled('train')));
  await writeFile(join(setup, 'fold1_test.csv'), table('filename', tested));
  await writeFile(join(setup, 'fold1_evaluate.csv'), table('filename\tscene_label', labelled('test')));
  const rows = plan.map(({ id, scene, identifier, device }) => [id, scene, identifier, device].join('\t'));
  await writeFile(join(root, 'meta.csv'), table('filename\tscene_label\tidentifier\tsource_label', rows));
  // Left over by writers that were killed in the middle of a clip.
  const audio = join(root, 'audio');
  const strays = (await readdir(audio)).filter((name) => name.startsWith('.'));
  await Promise.all(strays.map((name) => rm(join(audio, name), { force: true })));
}

async function refusing(action: string, work: () => Promise<void>): Promise<void> {
  try {
    await work();
  } catch (cause) {
    if (cause instanceof AscError) throw cause;
    const code = (cause as NodeJS.ErrnoException).code ?? String(cause);
    throw new DataError(
      {
        what: `Cannot ${action}.`,
        received: code === 'ENOSPC' ? 'a full disk (ENOSPC)' : code,
        hint: 'Check that the place exists, may be written to, and has room; then call again.',
      },
      { cause },
    );
  }
}
