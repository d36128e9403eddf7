import { readdir, readFile, rename, rm, rmdir, stat } from 'node:fs/promises';
import { dirname, join, relative, resolve, sep } from 'node:path';
import {
  checkKeys,
  checkPositiveInteger,
  diskError,
  makeFolder,
  syncFolder,
  UsageError,
  writeFileAtomic,
} from '@asc/core';
import { lockFolder } from '../disk/lock-folder.js';
import { pipeline } from '../pipeline/pipeline.js';
import { workerPool } from '../pipeline/worker-pool.js';
import type { PackJob } from './pack-recording.js';
import { planPacking, type PlannedFile } from './plan-packing.js';
import { renameInTable } from './rename-in-table.js';

/** Options of {@link packDataset}. */
export interface PackOptions {
  /** Threads. Default: one per core. */
  readonly workers?: number;
  readonly signal?: AbortSignal;
  /** Told how many files are done. */
  readonly onProgress?: (done: number, total: number) => void;
}

/** What {@link packDataset} did. */
export interface PackReport {
  readonly folder: string;
  /** Recordings that became FLAC. */
  readonly packed: number;
  /** Other recordings and files, taken over as they are: FLAC, MP3 and float WAV among them. */
  readonly copied: number;
  /** Tables taken over with the new names. */
  readonly tables: number;
  /** Bytes of the packed recordings, before and after. */
  readonly bytesBefore: number;
  readonly bytesAfter: number;
}

/** Where a copy grows: `folder`, known as ours by `marker`, held by `lock`, both beside it. */
interface Place {
  readonly root: string;
  readonly out: string;
  readonly folder: string;
  readonly scratch: string;
  readonly marker: string;
  readonly lock: string;
}

/** Coarsest clock of a file system (FAT). */
const CLOCK_MS = 2000;

/**
 * Makes a copy of a set whose WAV recordings are FLAC, sample for sample the same, and whose tables (`.csv`, `.tsv`, `.txt`) name
 * them so. It grows in `<out>.partial` and takes its name when it is whole; after any interruption the same call goes on. Integers
 * of 8, 16 and 24 bits are packed, everything else is copied; hidden files are left out.
 *
 * @throws {UsageError} `out` is taken, or one folder lies in the other. @throws {DataError} a damaged recording, another process at
 * work on the same copy, or the disk refused. Rejects with the signal's reason when aborted.
 */
export async function packDataset(root: string, out: string, options: PackOptions = {}): Promise<PackReport> {
  checkKeys('The options of packDataset', options, ['workers', 'signal', 'onProgress']);
  if (options.workers !== undefined) checkPositiveInteger('workers', options.workers);
  const place = await placeOf(resolve(root), resolve(out));
  await refusing(place.lock, () => makeFolder(dirname(place.out)));
  const unlock = await lockFolder(place.lock, place.out);
  try {
    const plan = await planPacking(place.root);
    if (plan.length === 0) {
      throw new UsageError({
        what: `${root} cannot be packed.`,
        expected: 'the folder of a set',
        received: 'no recordings',
      });
    }
    await claim(place);
    await refusing(place.folder, async () => {
      await removeStrangers(place, plan);
      for (const each of new Set(plan.map(({ to }) => dirname(join(place.folder, to))))) await makeFolder(each);
      await makeFolder(place.scratch);
    });
    const bytesAfter = await packFiles(place, plan, options);
    await writeTables(place, plan);
    await refusing(place.out, async () => {
      await rm(place.scratch, { recursive: true });
      for (const each of new Set(plan.map(({ to }) => dirname(join(place.folder, to))))) await syncFolder(each);
      // Empty, as was seen at the start.
      await rmdir(place.out).catch(() => undefined);
      await rename(place.folder, place.out);
      await syncFolder(dirname(place.out));
      await rm(place.marker, { force: true });
    });
    const packed = plan.filter(({ how }) => how === 'pack');
    return {
      folder: place.out,
      packed: packed.length,
      copied: plan.filter(({ how }) => how === 'copy').length,
      tables: plan.filter(({ how }) => how === 'table').length,
      bytesBefore: packed.reduce((sum, { bytes }) => sum + bytes, 0),
      bytesAfter,
    };
  } finally {
    await unlock();
  }
}

async function refusing<T>(path: string, work: () => Promise<T>): Promise<T> {
  try {
    return await work();
  } catch (cause) {
    throw (cause as NodeJS.ErrnoException).code === undefined ? cause : diskError(path, cause);
  }
}

async function placeOf(root: string, out: string): Promise<Place> {
  const folder = `${out}.partial`;
  const inside = (a: string, b: string): boolean => {
    const path = relative(a, b);
    return path === '' || (path !== '..' && !path.startsWith(`..${sep}`));
  };
  if (inside(root, out) || inside(out, root)) {
    throw new UsageError({
      what: 'A set cannot be packed into itself.',
      expected: `a folder that neither holds ${root} nor lies in it`,
      received: out,
    });
  }
  const found = await stat(root).catch(() => undefined);
  if (found?.isDirectory() !== true) {
    throw new UsageError({ what: `${root} cannot be packed.`, expected: 'the folder of a set', received: 'no folder' });
  }
  const marker = `${folder}.json`;
  if (((await listOf(out)) ?? []).length > 0) throw occupied(out);
  return { root, out, folder, scratch: join(folder, '.scratch'), marker, lock: `${folder}.lock` };
}

/** Names in a folder; `undefined` where there is none. */
async function listOf(folder: string): Promise<string[] | undefined> {
  return readdir(folder).catch((cause: NodeJS.ErrnoException) => {
    if (cause.code === 'ENOENT') return undefined;
    throw occupied(folder);
  });
}

function occupied(folder: string): UsageError {
  return new UsageError({
    what: `${folder} holds something else.`,
    expected: 'no such folder, or an empty one',
    hint: 'Choose another folder, or remove this one yourself if it is not needed.',
  });
}

/** Makes the growing copy ours: a marker beside it names the set it is of. */
async function claim({ root, folder, marker }: Place): Promise<void> {
  const text = `${JSON.stringify({ packing: root })}\n`;
  const begun = await readFile(marker, 'utf8').catch(() => undefined);
  if (begun !== text && ((await listOf(folder)) ?? []).length > 0) throw occupied(folder);
  if (begun !== text) await writeFileAtomic(marker, text);
  await refusing(folder, () => makeFolder(folder));
}

/** Removes what is no longer in the set, and what a killed process left half-written. */
async function removeStrangers({ folder, scratch }: Place, plan: readonly PlannedFile[]): Promise<void> {
  await rm(scratch, { recursive: true, force: true });
  const wanted = new Set(plan.map(({ to }) => join(folder, to)));
  for (const each of await readdir(folder, { recursive: true, withFileTypes: true })) {
    const path = join(each.parentPath, each.name);
    if (!each.isDirectory() && !wanted.has(path)) await rm(path);
  }
}

/** Packs and copies what is not done yet; returns the bytes of all that is packed. */
async function packFiles(place: Place, plan: readonly PlannedFile[], options: PackOptions): Promise<number> {
  const { signal, workers, onProgress } = options;
  const files = plan.filter(({ how }) => how !== 'table');
  const todo: PackJob[] = [];
  let bytes = 0;
  for (const { from, to, how, modifiedMs } of files) {
    const target = join(place.folder, to);
    const there = await stat(target).catch(() => undefined);
    if (there !== undefined && Math.abs(there.mtimeMs - modifiedMs) <= CLOCK_MS) {
      if (how === 'pack') bytes += there.size;
    } else if (how !== 'table') {
      const temporary = join(place.scratch, `${todo.length}`);
      todo.push({ from: join(place.root, from), to: target, temporary, how, modifiedMs });
    }
  }
  let done = files.length - todo.length;
  onProgress?.(done, files.length);
  if (todo.length === 0) return bytes;
  const given = signal === undefined ? {} : { signal };
  const pool = workerPool(new URL('./pack-recording.js', import.meta.url), {
    ...given,
    ...(workers === undefined ? {} : { workers }),
  });
  try {
    let at = 0;
    for await (const size of pipeline(todo, given).parallelMap<number>(pool, 'packRecording')) {
      if (todo[at++]?.how === 'pack') bytes += size;
      onProgress?.(++done, files.length);
    }
  } finally {
    await pool.close();
  }
  return bytes;
}

/** Last of all: a set whose tables are there is whole. */
async function writeTables({ root, folder }: Place, plan: readonly PlannedFile[]): Promise<void> {
  // A character a byte: whatever the encoding of a table, what is no name stays as it is.
  const asBytes = (path: string): string => Buffer.from(path).toString('latin1');
  const packed = plan.filter(({ how }) => how === 'pack');
  const renames = new Map(packed.map(({ from, to }) => [asBytes(from), asBytes(to)]));
  for (const { from, to } of plan.filter(({ how }) => how === 'table')) {
    const text = await readFile(join(root, from), 'latin1');
    await writeFileAtomic(join(folder, to), Buffer.from(renameInTable(text, renames), 'latin1'));
  }
}
