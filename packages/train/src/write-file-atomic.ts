import { DataError } from '@asc/core';
import { open, readdir, rename, rm, stat } from 'node:fs/promises';
import { basename, dirname, join } from 'node:path';

const MARK = '.partial-';

/**
 * Replaces `path` by `content` so that whatever happens, a crash included, the file is the old or the new one, whole: a
 * temporary file in the same folder, synced, renamed, and the folder synced.
 *
 * @throws DataError when the disk refuses (full, read-only, no such folder); the temporary file is removed.
 */
export async function writeFileAtomic(path: string, content: Uint8Array | string): Promise<void> {
  const found = await stat(path).catch(() => undefined);
  if (found !== undefined && !found.isFile()) {
    // Renaming would put a file in the place of a device: `/dev/null` would be gone.
    throw new DataError({
      what: `Cannot write ${path}.`,
      expected: 'a new file, or one to replace',
      received: found.isDirectory() ? 'a folder' : 'a device, pipe or socket',
      hint: 'Give the path of a file.',
    });
  }
  const folder = dirname(path);
  const temporary = join(folder, `${MARK}${process.pid}-${basename(path)}`);
  try {
    const file = await open(temporary, 'w');
    try {
      await file.writeFile(content);
      await file.sync();
    } finally {
      await file.close();
    }
    await rename(temporary, path);
  } catch (cause) {
    await rm(temporary, { force: true }).catch(() => undefined);
    throw diskError(path, cause);
  }
  await syncFolder(folder);
}

/** Removes what a killed process left half-written in `folder`. */
export async function removePartialFiles(folder: string): Promise<void> {
  const names = await readdir(folder);
  await Promise.all(
    names.filter((name) => name.startsWith(MARK)).map((name) => rm(join(folder, name), { force: true })),
  );
}

/** A failed write in words a user can act on. */
export function diskError(path: string, cause: unknown): DataError {
  const code = (cause as NodeJS.ErrnoException).code ?? '';
  const hints: Readonly<Record<string, string>> = {
    ENOSPC: 'The disk is full: free some space and resume; what was written before is whole.',
    EROFS: 'The disk is read-only: choose another folder.',
    EACCES: 'This user may not write there: choose another folder or change its permissions.',
    EPERM: 'This user may not write there: choose another folder or change its permissions.',
    ENOENT: 'There is no such folder: check the path, or make it first.',
    EEXIST: 'There is a file of that name: choose another folder.',
    ENOTDIR: 'A part of the path is a file, not a folder.',
  };
  const hint = hints[code];
  return new DataError(
    {
      what: `Cannot write ${path}.`,
      received: code === '' ? String(cause) : code,
      ...(hint === undefined ? {} : { hint }),
    },
    { cause },
  );
}

async function syncFolder(folder: string): Promise<void> {
  // Windows cannot open a folder; there the rename itself is durable.
  const handle = await open(folder, 'r').catch(() => undefined);
  await handle?.sync().catch(() => undefined);
  await handle?.close();
}
