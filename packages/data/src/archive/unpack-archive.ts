import { createReadStream } from 'node:fs';
import { type FileHandle, lstat, open, realpath, rename, rm } from 'node:fs/promises';
import { dirname, join, sep } from 'node:path';
import { crc32 } from 'node:zlib';
import { DataError, diskError, makeFolder, syncFolder } from '@asc/core';
import { mapOrdered } from '../pipeline/map-ordered.js';
import { readZipEntry } from './read-zip-entry.js';
import type { ZipEntry } from './zip-directory.js';

export interface UnpackOptions {
  /** The archive's files, in the order they lie in it. */
  readonly entries: readonly ZipEntry[];
  /** The folder the files go to, each at its `path`. */
  readonly into: string;
  /** An empty folder on the same disk, for files on their way. */
  readonly scratch: string;
  /** Cut off the archive what has been unpacked: it never takes room together with its files. */
  readonly consume: boolean;
  readonly signal?: AbortSignal | undefined;
  /** Told after every group of files that is in place. */
  readonly onFiles?: ((files: number) => void) | undefined;
}

/** Files are synced, moved into place and cut off the archive in groups: a file at a time would wait for the disk 230,000 times. */
const GROUP_FILES = 64;
const GROUP_BYTES = 1 << 26;
const FILES_AT_ONCE = 4;

/**
 * Unpacks a ZIP archive whose content has been verified, from its last file to its first, so that the archive can shrink
 * meanwhile. A file appears whole or not at all, and is never written over another one: one that is already there must be
 * the same. Killed at any moment, it can be called again with the same entries.
 *
 * @throws {DataError} damaged, another file in the place of one of these, a link in the way that leads outside, or a full disk.
 */
export async function unpackArchive(archive: string, options: UnpackOptions): Promise<void> {
  const { entries, into, scratch, consume, signal, onFiles } = options;
  const file = await open(archive, consume ? 'r+' : 'r').catch((cause: unknown) => {
    throw diskError(archive, cause);
  });
  try {
    const { size } = await file.stat();
    // What lies behind the end was unpacked before.
    const left = consume ? entries.filter(({ offset }) => offset < size) : [...entries];
    onFiles?.(entries.length - left.length);
    const folders = new Set<string>();
    for (const group of groupsFromTheEnd(left)) {
      signal?.throwIfAborted();
      await unpackGroup(file, archive, group, { into, scratch, folders });
      if (consume) await file.truncate(group.at(-1)?.offset);
      onFiles?.(group.length);
    }
  } finally {
    await file.close();
  }
}

function* groupsFromTheEnd(entries: readonly ZipEntry[]): Generator<ZipEntry[]> {
  let group: ZipEntry[] = [];
  let bytes = 0;
  for (const entry of entries.toReversed()) {
    group.push(entry);
    bytes += entry.bytes;
    if (group.length < GROUP_FILES && bytes < GROUP_BYTES) continue;
    yield group;
    [group, bytes] = [[], 0];
  }
  if (group.length > 0) yield group;
}

interface Places {
  readonly into: string;
  readonly scratch: string;
  /** Folders known to be there and inside. */
  readonly folders: Set<string>;
}

async function unpackGroup(
  file: FileHandle,
  archive: string,
  group: readonly ZipEntry[],
  places: Places,
): Promise<void> {
  const { into, scratch } = places;
  const moves: { from: string; to: string }[] = [];
  const touched = new Set<string>();
  const unpackOne = async (entry: ZipEntry, i: number): Promise<void> => {
    const to = join(into, entry.path);
    await checkFolder(dirname(to), places);
    if (await isThere(to, entry)) return;
    const bytes = await readZipEntry(file, archive, entry);
    const from = join(scratch, `${i}`);
    await writeSynced(from, bytes, to);
    moves.push({ from, to });
  };
  try {
    for await (const _ of mapOrdered(unpackOne, FILES_AT_ONCE)(group));
    for (const { from, to } of moves) {
      await rename(from, to).catch((cause: unknown) => {
        throw diskError(to, cause);
      });
      touched.add(dirname(to));
    }
  } catch (error) {
    await Promise.all(group.map((_, i) => rm(join(scratch, `${i}`), { force: true })));
    throw error;
  }
  for (const folder of touched) await syncFolder(folder);
}

async function writeSynced(path: string, bytes: Uint8Array, target: string): Promise<void> {
  try {
    const out = await open(path, 'w');
    try {
      await out.writeFile(bytes);
      await out.datasync();
    } finally {
      await out.close();
    }
  } catch (cause) {
    throw diskError(target, cause);
  }
}

/** Makes a folder below `into`, unless it is there; a link that leads elsewhere is refused. */
async function checkFolder(folder: string, { into, folders }: Places): Promise<void> {
  if (folders.has(folder)) return;
  await makeFolder(folder);
  const [real, root] = await Promise.all([realpath(folder), realpath(into)]);
  if (real !== root && !real.startsWith(root + sep)) {
    throw new DataError({
      what: `${folder} leads out of ${into}.`,
      expected: 'a folder inside it',
      received: `a link to ${real}`,
      hint: 'Unpack into the folder it leads to, or remove the link.',
    });
  }
  folders.add(folder);
}

/** Whether the file is there already. @throws {DataError} something else is. */
async function isThere(path: string, entry: ZipEntry): Promise<boolean> {
  const found = await lstat(path).catch((cause: NodeJS.ErrnoException) => {
    if (cause.code === 'ENOENT') return undefined;
    throw diskError(path, cause);
  });
  if (found === undefined) return false;
  if (found.isFile() && found.size === entry.bytes && (await checksumOf(path)) === entry.crc32) return true;
  throw new DataError({
    what: `${path} is in the way: it is not the file the archive holds, and is not written over.`,
    expected: `${entry.bytes} bytes with CRC-32 ${entry.crc32.toString(16)}`,
    received: found.isFile() ? `${found.size} bytes that differ` : 'no plain file',
    hint: 'Move it away or delete it, then run again.',
  });
}

async function checksumOf(path: string): Promise<number> {
  let sum = 0;
  for await (const chunk of createReadStream(path)) sum = crc32(chunk as Buffer, sum);
  return sum;
}
