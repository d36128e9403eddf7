import { rm, rmdir } from 'node:fs/promises';
import { dirname, resolve } from 'node:path';
import { AscError, checkKeys, checkPositiveInteger, DataError, DiskError, makeFolder, UsageError } from '@asc/core';
import type { DatasetArchive, DatasetEntry } from '../dataset/catalogue.js';
import { lockFolder } from '../disk/lock-folder.js';
import { type DownloadProgress, ProgressCount } from './download-progress.js';
import { NobodyThere, type Patience } from './fetch-archive.js';
import { assertRoom, bytesToCome } from './free-space.js';
import { obtainArchive } from './obtain-archive.js';
import { surveyArchives } from './survey-archives.js';
import { workplaceIn, type Workplace } from './workplace.js';

/** Options of {@link downloadDataset}. */
export interface DownloadOptions {
  /** Addresses that hold the archives under their names, tried in this order. Default: where they were published. */
  readonly baseUrls?: readonly string[];
  /** A folder that holds the archives: nothing is fetched, and they stay as they are. */
  readonly from?: string;
  /** Archives at a time. Default 3. */
  readonly jobs?: number;
  readonly patience?: Partial<Patience>;
  readonly signal?: AbortSignal;
  readonly onProgress?: (progress: DownloadProgress) => void;
}

/** What {@link downloadDataset} did. */
export interface DownloadReport {
  /** The folder of the set. */
  readonly folder: string;
  /** Archives unpacked now. */
  readonly unpacked: readonly string[];
  /** Archives that were unpacked before. */
  readonly present: readonly string[];
  /** Files of all of them. */
  readonly files: number;
}

const PATIENCE: Patience = { tries: 6, firstPauseMs: 1000, idleMs: 30_000 };
const OPTIONS = ['baseUrls', 'from', 'jobs', 'patience', 'signal', 'onProgress'] as const;

/**
 * Fetches the archives of a published set, verifies each by its MD5, unpacks it into `root/<folder of the set>` and drops it; an
 * archive and its files never take room together. Whatever ends it – a failure, an abort, `kill -9` –, the same call goes on from
 * there. A file of the set is in place whole or not at all, and only once its archive has been verified.
 *
 * @throws {UsageError} a set without archives, or a bad option.
 * @throws {DataError} archives that could not be fetched or unpacked (the others are in place), too little room, or another process
 * at work in the same folder. Rejects with the signal's reason when aborted.
 */
export async function downloadDataset(
  entry: DatasetEntry,
  root: string,
  options: DownloadOptions = {},
): Promise<DownloadReport> {
  checkKeys('The options of downloadDataset', options, OPTIONS);
  checkKeys('patience', options.patience ?? {}, Object.keys(PATIENCE));
  const { signal, from } = options;
  const jobs = checkPositiveInteger('jobs', options.jobs ?? 3);
  const baseUrls = checkSources(entry, options);
  const folder = resolve(root, entry.folder);
  const workplace = workplaceIn(folder);
  await makeFolder(workplace.folder);
  const unlock = await lockFolder(workplace.lock, folder);
  try {
    await makeFolder(workplace.unfinished);
    await makeFolder(workplace.manifests);
    const states = await surveyArchives(entry.archives, folder, workplace);
    const missing = states.filter(({ state }) => state !== 'unpacked');
    const toCome = missing.map(({ archive, state, bytes }) =>
      state === 'unpacked' || from !== undefined
        ? bytesToCome(archive.bytes, 'absent', 0)
        : bytesToCome(archive.bytes, state, bytes),
    );
    if (missing.length > 0)
      await assertRoom(
        folder,
        toCome.reduce((sum, bytes) => sum + bytes, 0),
      );
    const progress = new ProgressCount(states, options.onProgress);
    const patience = { ...PATIENCE, ...options.patience };
    const settings = { folder, folderName: entry.folder, workplace, baseUrls, from, patience, progress, signal };
    const failures: Failure[] = [];
    const done = new Set<DatasetArchive>();
    const queue = missing.map(({ archive }) => archive);
    const work = async (): Promise<void> => {
      for (let archive = queue.shift(); archive !== undefined; archive = queue.shift()) {
        try {
          signal?.throwIfAborted();
          await obtainArchive(archive, settings);
          done.add(archive);
        } catch (error) {
          failures.push({ archive, error });
          // The others would meet the same: no room, no permission, nobody there, or an end that was asked for.
          if (error instanceof DiskError || error instanceof NobodyThere || signal?.aborted === true) queue.length = 0;
        }
      }
    };
    await Promise.all(Array.from({ length: Math.min(jobs, missing.length) }, work));
    signal?.throwIfAborted();
    if (failures.length > 0) {
      const left = missing.flatMap(({ archive }) => (done.has(archive) ? [] : [archive.file]));
      throw incomplete(entry, failures, left);
    }
    await rm(workplace.unfinished, { recursive: true, force: true });
    return {
      folder,
      unpacked: missing.map(({ archive }) => archive.file),
      present: states.filter(({ state }) => state === 'unpacked').map(({ archive }) => archive.file),
      files: progress.files,
    };
  } finally {
    await unlock();
    await removeEmpty(workplace);
  }
}

interface Failure {
  readonly archive: DatasetArchive;
  readonly error: unknown;
}

function checkSources(
  { name, archives, howToGet }: DatasetEntry,
  { baseUrls = [], from }: DownloadOptions,
): readonly string[] {
  if (archives.length === 0) {
    throw new UsageError({
      what: `${name} is not offered as checksummed archives, so it cannot be downloaded.`,
      ...(howToGet === undefined ? {} : { hint: howToGet }),
    });
  }
  if (from !== undefined && baseUrls.length > 0) {
    throw new UsageError({
      what: 'Archives come from a folder or from addresses.',
      expected: 'one of from and baseUrls',
    });
  }
  for (const url of baseUrls) {
    if (/^https?:\/\//i.test(url) && URL.canParse(url)) continue;
    throw new UsageError({
      what: 'An address to fetch archives from is not valid.',
      expected: 'http:// or https://',
      received: url,
      hint: 'Archives that are on this machine are imported from their folder.',
    });
  }
  return baseUrls;
}

/** A call that changed nothing leaves nothing. */
async function removeEmpty({ folder, unfinished, manifests }: Workplace): Promise<void> {
  for (const each of [unfinished, manifests, folder, dirname(folder)]) await rmdir(each).catch(() => undefined);
}

function incomplete(entry: DatasetEntry, failures: readonly Failure[], left: readonly string[]): unknown {
  const disk = failures.find(({ error }) => error instanceof DiskError);
  const { error } = disk ?? failures[0]!;
  if (disk !== undefined || left.length === 1 || !(error instanceof AscError)) return error;
  const { what, received, hint } = error.parts;
  return new DataError(
    {
      what: `${left.length} of ${entry.archives.length} archives of ${entry.name} are not there yet: ${left.slice(0, 3).join(', ')}${left.length > 3 ? ', …' : ''}`,
      received: `${what}${received === undefined ? '' : ` (${received})`}`,
      ...(hint === undefined ? {} : { hint }),
    },
    { cause: error },
  );
}
