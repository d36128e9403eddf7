import { DataError } from '../errors.js';
import { diskError } from './disk-error.js';

const MARK = '.partial-';

/** Options of {@link writeFileAtomic}. */
export interface WriteFileOptions {
  /** Where the file comes into being: a folder on the same disk. Default: beside `path`. */
  readonly scratch?: string;
  /** Wait until it would survive a power cut. Default: true. */
  readonly durable?: boolean;
}

/**
 * Replaces `path` by `content`, or by its pieces in turn, so that whatever happens, a crash included, the file is absent, the old or
 * the new one, whole: a temporary file on the same disk, synced, renamed, and the folder synced. Node only.
 *
 * @throws DataError where the disk refuses (full, read-only, no such folder), or `path` is no file; nothing is left behind.
 */
export async function writeFileAtomic(
  path: string,
  content: Uint8Array | string | Iterable<Uint8Array>,
  { scratch, durable = true }: WriteFileOptions = {},
): Promise<void> {
  // Imported when called, so that the package also loads in a page.
  const { open, rename, rm, stat } = await import('node:fs/promises');
  const { dirname, join } = await import('node:path');
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
  // Without the file's name, which may be as long as the disk allows.
  const temporary = join(scratch ?? dirname(path), `${MARK}${globalThis.crypto.randomUUID()}`);
  try {
    const file = await open(temporary, 'wx');
    try {
      if (typeof content === 'string' || ArrayBuffer.isView(content)) await file.writeFile(content);
      else for (const piece of content) await file.writeFile(piece);
      if (durable) await file.sync();
    } finally {
      await file.close();
    }
    await rename(temporary, path);
  } catch (cause) {
    await rm(temporary, { force: true }).catch(() => undefined);
    throw diskError(path, cause);
  }
  if (durable) await syncFolder(dirname(path));
}

/** Makes what was renamed in a folder survive a power cut. Node only. */
export async function syncFolder(folder: string): Promise<void> {
  const { open } = await import('node:fs/promises');
  // Windows cannot open a folder; there the rename itself is durable.
  const handle = await open(folder, 'r').catch(() => undefined);
  await handle?.sync().catch(() => undefined);
  await handle?.close();
}

/** Removes what a killed process left half-written in `folder`, where no other writes. Node only. */
export async function removePartialFiles(folder: string): Promise<void> {
  const { readdir, rm } = await import('node:fs/promises');
  const { join } = await import('node:path');
  const names = await readdir(folder);
  await Promise.all(
    names.filter((name) => name.startsWith(MARK)).map((name) => rm(join(folder, name), { force: true })),
  );
}
