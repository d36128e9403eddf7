import { sep } from 'node:path';
import { setImmediate } from 'node:timers/promises';
import { type ClipInfo, DataError, checkKeys } from '@asc/core';
import type { AudioInfo } from '../audio/audio-info.js';
import { BLOCKING, openByteSource } from '../audio/byte-source.js';
import { probeSource, readAudio } from '../audio/read-audio.js';
import { type ArchiveCheck, checkArchives } from './check-archives.js';
import { audioTally } from './audio-tally.js';
import type { FactCheck } from './check-facts.js';
import { findClipFiles } from './clip-files.js';
import type { PublishedDataset } from './load-dataset.js';
import { type SceneDataset, sharedLocations } from './scene-dataset.js';
import type { TableFault } from './table-fault.js';

/** A clip and what is wrong with it. */
export interface ClipFault {
  readonly id: string;
  readonly what: string;
}

/** Options of {@link verifyDataset}. */
export interface VerifyOptions {
  /** Decode every recording, and check the MD5 of archives that still lie beside the set. Default: headers and sizes. */
  readonly deep?: boolean;
  /** What the loader's `onFault` was told. */
  readonly faults?: readonly TableFault[];
  readonly onProgress?: (done: number, total: number) => void;
  readonly signal?: AbortSignal;
}

/** What {@link verifyDataset} found. */
export interface DatasetReport {
  readonly root: string;
  readonly clips: number;
  /** Ids of clips whose file is not there. */
  readonly missing: readonly string[];
  /** Paths below the root: files beside the recordings that no table names. */
  readonly extra: readonly string[];
  /** Files that are empty, cut short, of another format, or (where decoded) broken inside. */
  readonly damaged: readonly ClipFault[];
  /** Rows of the tables that contradict a file's name or another table, repeat a clip, or name one that is not in the set. */
  readonly mislabelled: readonly ClipFault[];
  /** For every fold with locations on both sides: which. */
  readonly sharedLocations: readonly { readonly fold: number; readonly locations: readonly string[] }[];
  /** Folds with clips to train on and none to evaluate on: a list is not there. */
  readonly foldsWithoutEvaluation: readonly number[];
  /** Published numbers beside those found: of tables, and of the recordings' form. None for a set nothing is known of. */
  readonly facts: readonly FactCheck[];
  /** Archives of the set found beside it. */
  readonly archives: readonly ArchiveCheck[];
  /** Whether it can be trained on as published: nothing is missing, damaged, mislabelled, shared or other than stated. */
  readonly usable: boolean;
}

/** Recordings between two turns of the event loop, in which progress is shown and an abort is heard. */
const AT_A_STRETCH = 64;

/** Looks at every recording of a set, for locations that leak across its folds, and for what is known of a published set. */
export async function verifyDataset(
  dataset: SceneDataset | PublishedDataset,
  options: VerifyOptions = {},
): Promise<DatasetReport> {
  checkKeys('The options of verifyDataset', options, ['deep', 'faults', 'onProgress', 'signal']);
  const { deep = false, faults = [], onProgress, signal } = options;
  const published = 'entry' in dataset ? dataset : undefined;
  const { present, extra } = await findClipFiles(dataset, signal);
  const tally = audioTally(published?.entry.facts.audio);
  const damaged: ClipFault[] = [];
  const missing: string[] = [];
  const total = dataset.clips.length;
  for (let index = 0; index < total; index++) {
    if (index % AT_A_STRETCH === 0) {
      onProgress?.(index, total);
      await setImmediate();
      signal?.throwIfAborted();
    }
    const clip = dataset.clips.at(index) as ClipInfo;
    if (present[index] === 0) {
      missing.push(clip.id);
      continue;
    }
    const looked = await lookAt(clip, deep);
    if (looked instanceof DataError) damaged.push({ id: clip.id, what: whatOf(looked, clip) });
    else tally.add(looked);
  }
  onProgress?.(total, total);
  const shared = dataset.folds.flatMap((fold) => {
    const locations = hasBothSides(dataset, fold) ? sharedLocations(dataset, fold) : [];
    return locations.length === 0 ? [] : [{ fold, locations }];
  });
  const foldsWithoutEvaluation = dataset.folds.filter((fold) => dataset.sides(fold).every((side) => side === 'train'));
  const mislabelled = faults.map(({ id, error }) => ({ id, what: faultOf(error, dataset.root) }));
  const facts = [...(published?.facts ?? []), ...tally.checks()];
  const wrong = [missing, damaged, mislabelled, shared, foldsWithoutEvaluation].some(({ length }) => length > 0);
  return {
    root: dataset.root,
    clips: dataset.clips.length,
    missing: missing.sort(),
    extra,
    damaged: damaged.sort((a, b) => (a.id < b.id ? -1 : 1)),
    mislabelled,
    sharedLocations: shared,
    foldsWithoutEvaluation,
    facts,
    archives: published === undefined ? [] : await checkArchives(published.entry, dataset.root, { deep, signal }),
    usable: !wrong && facts.every(({ agrees, basis }) => agrees || basis === 'reported'),
  };
}

/** Headers are read blocking: hundreds of thousands of small files are a matter of seconds then. */
async function lookAt({ path }: ClipInfo, deep: boolean): Promise<AudioInfo | DataError> {
  try {
    const info = await probeSource(await openByteSource(path, BLOCKING));
    // A recording of no samples has a fine header, and `readAudio` refuses it.
    if (deep || info.samples === 0) await readAudio(path);
    return info;
  } catch (error) {
    if (error instanceof DataError) return error;
    throw error;
  }
}

/** The message without the path that the id tells already. */
function whatOf({ parts }: DataError, { path }: ClipInfo): string {
  const what = parts.what.startsWith(`${path}: `) ? parts.what.slice(path.length + 2) : parts.what;
  return parts.received === undefined ? what : `${what} (${parts.received})`;
}

/** The message with files told from the root on. */
function faultOf({ parts }: DataError, root: string): string {
  const what = parts.what.replaceAll(`${root}${sep}`, '').replace(/\.$/, '');
  return parts.expected === undefined || parts.received === undefined
    ? what
    : `${what} (expected ${parts.expected}, received ${parts.received})`;
}

function hasBothSides(dataset: SceneDataset, fold: number): boolean {
  const sides = dataset.sides(fold);
  return sides.includes('train') && sides.length > 1;
}
