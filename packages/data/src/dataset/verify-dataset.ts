import { readdir, stat } from 'node:fs/promises';
import { basename, dirname } from 'node:path';
import { type ClipInfo, DataError } from '@asc/core';
import { type SceneDataset, sharedLocations } from './scene-dataset.js';

/** What {@link verifyDataset} found. */
export interface DatasetReport {
  readonly clips: number;
  /** Ids of clips whose file is not there. */
  readonly missing: readonly string[];
  /** Ids of clips whose file holds no bytes. */
  readonly empty: readonly string[];
  /** For every fold with both sides: the locations they share. Empty lists are what one wants. */
  readonly sharedLocations: ReadonlyMap<number, readonly string[]>;
}

const STAT_AT_ONCE = 32;

/** Looks for every audio file of a set (without decoding) and for locations that leak across its folds. */
export async function verifyDataset(dataset: SceneDataset): Promise<DatasetReport> {
  const { missing, empty } = await findFaultyFiles(dataset.clips);
  const shared = new Map<number, readonly string[]>();
  for (const fold of dataset.folds) {
    if (hasBothSides(dataset, fold)) shared.set(fold, sharedLocations(dataset, fold));
  }
  return { clips: dataset.clips.length, missing, empty, sharedLocations: shared };
}

/**
 * Checks that the audio of `clips` is there: call it once before a long run.
 *
 * @throws DataError with the count and the first few names where files are missing or empty.
 */
export async function assertAudioPresent(clips: readonly ClipInfo[]): Promise<void> {
  const { missing, empty } = await findFaultyFiles(clips);
  const faulty = missing.length > 0 ? missing : empty;
  if (faulty.length === 0) return;
  const wrong = missing.length > 0 ? 'missing' : 'empty';
  const list = faulty.slice(0, 5).join(', ');
  const first = clips.find((clip) => clip.id === faulty[0]);
  throw new DataError({
    what: `${faulty.length} of ${clips.length} audio files are ${wrong}: ${list}${faulty.length > 5 ? ', …' : ''}`,
    expected: `e.g. ${first?.path ?? ''}`,
    hint: 'Unpack every audio archive of the set into its root, or download the set again.',
  });
}

async function findFaultyFiles(clips: readonly ClipInfo[]): Promise<{ missing: string[]; empty: string[] }> {
  // One listing per folder is far cheaper than a stat for every missing file of a set that was never unpacked.
  const listings = new Map<string, Set<string>>();
  for (const folder of new Set(clips.map((clip) => dirname(clip.path)))) {
    listings.set(folder, new Set(await readdir(folder).catch(() => [])));
  }
  const there = (clip: ClipInfo): boolean => listings.get(dirname(clip.path))?.has(basename(clip.path)) === true;
  const missing = clips.filter((clip) => !there(clip)).map((clip) => clip.id);
  const present = clips.filter(there);
  const empty: string[] = [];
  for (let i = 0; i < present.length; i += STAT_AT_ONCE) {
    const group = present.slice(i, i + STAT_AT_ONCE);
    const infos = await Promise.all(group.map((clip) => stat(clip.path).catch(() => undefined)));
    infos.forEach((info, j) => {
      const id = group[j]?.id ?? '';
      if (info === undefined || !info.isFile()) missing.push(id);
      else if (info.size === 0) empty.push(id);
    });
  }
  return { missing, empty };
}

function hasBothSides(dataset: SceneDataset, fold: number): boolean {
  try {
    return dataset.split(fold, 'train').length > 0 && dataset.split(fold, 'evaluate').length > 0;
  } catch {
    return false;
  }
}
