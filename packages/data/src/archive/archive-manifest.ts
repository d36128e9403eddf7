import { readFile, stat } from 'node:fs/promises';
import { join } from 'node:path';
import { DataError, writeFileAtomic } from '@asc/core';
import type { ZipEntry } from './zip-directory.js';

/** A file as an archive holds it. */
export type ArchivedFile = Pick<ZipEntry, 'path' | 'bytes' | 'crc32'>;

/** Writes a list of files: path, bytes, CRC-32 in hex, tab-separated, without a header. It comes into being in `scratch`. */
export async function writeManifest(path: string, files: readonly ArchivedFile[], scratch: string): Promise<void> {
  const lines = files.map((file) => `${file.path}\t${file.bytes}\t${file.crc32.toString(16).padStart(8, '0')}\n`);
  await writeFileAtomic(path, lines.join(''), { scratch });
}

/** The files of a list; `undefined` where there is none. @throws {DataError} damaged. */
export async function readManifest(path: string): Promise<ArchivedFile[] | undefined> {
  const text = await readFile(path, 'utf8').catch((cause: NodeJS.ErrnoException) => {
    if (cause.code === 'ENOENT') return undefined;
    throw new DataError({ what: `Cannot read ${path}.`, received: cause.code ?? cause.message }, { cause });
  });
  if (text === undefined) return undefined;
  return text
    .split('\n')
    .filter((line) => line !== '')
    .map((line) => {
      const [, file, bytes, sum] = /^(.+)\t(\d+)\t([0-9a-f]{8})$/.exec(line) ?? [];
      if (file !== undefined) return { path: file, bytes: Number(bytes), crc32: Number.parseInt(sum ?? '', 16) };
      throw new DataError({
        what: `${path} is damaged.`,
        expected: 'path, bytes and CRC-32',
        received: line.slice(0, 80),
        hint: 'Delete it: its archive is then fetched again.',
      });
    });
}

const LOOKS_AT_ONCE = 64;

/** Whether every file of a list lies below `root` with its size. */
export async function isUnpacked(root: string, files: readonly ArchivedFile[]): Promise<boolean> {
  for (let at = 0; at < files.length; at += LOOKS_AT_ONCE) {
    const found = await Promise.all(
      files.slice(at, at + LOOKS_AT_ONCE).map(async ({ path, bytes }) => {
        const there = await stat(join(root, path)).catch(() => undefined);
        return there?.isFile() === true && there.size === bytes;
      }),
    );
    if (found.includes(false)) return false;
  }
  return true;
}
