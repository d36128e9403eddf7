import { open, readFile, rm, stat } from 'node:fs/promises';
import { join, resolve } from 'node:path';
import { DataError, diskError, makeFolder, writeFileAtomic } from '@asc/core';
import { writeManifest } from '../archive/archive-manifest.js';
import { complainAboutArchive } from '../archive/archive-bytes.js';
import { unpackArchive } from '../archive/unpack-archive.js';
import { readZipDirectory, type ZipEntry } from '../archive/zip-directory.js';
import type { DatasetArchive } from '../dataset/catalogue.js';
import type { ProgressCount } from './download-progress.js';
import { fetchArchive, type Patience } from './fetch-archive.js';
import { md5OfFile } from './part-file.js';
import type { Workplace } from './workplace.js';

export interface ObtainOptions {
  /** The folder of the set. */
  readonly folder: string;
  /** Its name inside the archives, which is left out where they have it. */
  readonly folderName: string;
  readonly workplace: Workplace;
  readonly baseUrls: readonly string[];
  /** A folder that holds the archives; they are only read. */
  readonly from: string | undefined;
  readonly patience: Patience;
  readonly progress: ProgressCount;
  readonly signal?: AbortSignal | undefined;
}

/** Brings the files of one archive into the set's folder, going on where it was left. @throws {DataError} it could not. */
export async function obtainArchive(archive: DatasetArchive, options: ObtainOptions): Promise<void> {
  const { folder, workplace, progress, from, signal } = options;
  const { file } = archive;
  const consume = from === undefined;
  const path = consume ? workplace.archive(file) : join(resolve(from), file);
  if (!consume) await verifyGiven(path, archive, options);
  else if (!(await exists(path))) {
    // A list left by an earlier file of this name says nothing about the one to come.
    await rm(workplace.directory(file), { force: true });
    await fetch(archive, path, options);
  }
  const entries = await listEntries(path, archive, consume, options);
  const scratch = workplace.scratch(file);
  await rm(scratch, { recursive: true, force: true });
  await makeFolder(scratch);
  await unpackArchive(path, {
    entries,
    into: folder,
    scratch,
    consume,
    signal,
    onFiles: (count) => progress.unpacked(count),
  });
  await writeManifest(workplace.manifest(file), entries, workplace.unfinished);
  if (consume) await rm(path, { force: true });
  await rm(workplace.directory(file), { force: true });
  await rm(scratch, { recursive: true, force: true });
  progress.finished();
}

async function fetch(archive: DatasetArchive, path: string, options: ObtainOptions): Promise<void> {
  const { workplace, baseUrls, patience, progress, signal } = options;
  const { file, url } = archive;
  const urls = baseUrls.length === 0 ? [url] : baseUrls.map((base) => `${base.replace(/\/+$/, '')}/${file}`);
  await fetchArchive(archive, {
    ...patience,
    urls,
    path,
    folder: workplace.unfinished,
    signal,
    onBytes: (bytes) => progress.bytes(file, bytes),
    onPause: (pause) => progress.paused(pause),
  });
}

/** Checks an archive that somebody fetched by hand. */
async function verifyGiven(path: string, archive: DatasetArchive, { signal, progress }: ObtainOptions): Promise<void> {
  const hint = 'Fetch it again, or leave out --from to have it fetched.';
  const found = await stat(path).catch((cause: NodeJS.ErrnoException) => {
    throw new DataError({ what: `${path} cannot be read.`, received: cause.code ?? cause.message, hint }, { cause });
  });
  const differs = (expected: string, received: string): DataError =>
    new DataError({ what: `${path} is not the published archive.`, expected, received, hint });
  if (found.size !== archive.bytes) throw differs(`${archive.bytes} bytes`, `${found.size}`);
  const { hash } = await md5OfFile(path, signal);
  const md5 = hash.digest('hex');
  if (md5 !== archive.md5) throw differs(`MD5 ${archive.md5}`, md5);
  progress.bytes(archive.file, archive.bytes);
}

/** The archive's files, with their places in the set's folder. */
async function listEntries(
  path: string,
  archive: DatasetArchive,
  consume: boolean,
  { workplace, folderName }: ObtainOptions,
): Promise<ZipEntry[]> {
  const kept = workplace.directory(archive.file);
  if (consume && (await exists(kept))) return JSON.parse(await readFile(kept, 'utf8')) as ZipEntry[];
  const file = await open(path, 'r').catch((cause: unknown) => {
    throw diskError(path, cause);
  });
  try {
    const prefix = `${folderName}/`;
    const entries = (await readZipDirectory(file, path)).map((entry) => {
      const inside = entry.path.startsWith(prefix) ? entry.path.slice(prefix.length) : entry.path;
      if (/^\.asc(\/|$)/i.test(inside)) throw complainAboutArchive(path)(entry.path, 'recordings and tables');
      return { ...entry, path: inside };
    });
    // Unpacking cuts the directory off, first of all.
    if (consume) await writeFileAtomic(kept, JSON.stringify(entries));
    return entries;
  } finally {
    await file.close();
  }
}

async function exists(path: string): Promise<boolean> {
  return stat(path).then(
    () => true,
    () => false,
  );
}
