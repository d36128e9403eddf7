import { createHash, randomUUID } from 'node:crypto';
import { readFile, rename, rm, writeFile } from 'node:fs/promises';
import { dirname, join, resolve } from 'node:path';
import { DataError } from '@asc/core';
import { type ArrayCache, type CacheEntry, shareWork } from './array-cache.js';
import { makeFolder } from '../make-folder.js';
import { decodeEntry, encodeEntry } from './cache-file.js';

/**
 * A cache in files below `folder`, named by the hash of the key. Several processes and threads may share it: an entry
 * appears whole or not at all, and a damaged one is made again. It never shrinks by itself: delete the folder to be rid of it.
 *
 * @throws DataError (from `get`) when an entry cannot be written: full or read-only disk.
 */
export function diskCache(folder: string): ArrayCache {
  const base = resolve(folder);
  const making = new Map<string, Promise<CacheEntry>>();
  return {
    async get(key, make) {
      const file = entryFile(base, key);
      const held = await readEntry(file, key);
      if (held !== undefined) return held;
      let own: CacheEntry | undefined;
      const shared = await shareWork(making, key, async () => {
        own = await make();
        await writeEntry(file, key, own);
        return own;
      });
      return shared === own ? shared : { data: shared.data.slice(), meta: structuredClone(shared.meta) };
    },
  };
}

function entryFile(base: string, key: string): string {
  const hash = createHash('sha256').update(key).digest('hex');
  return join(base, hash.slice(0, 2), `${hash.slice(2)}.bin`);
}

async function readEntry(file: string, key: string): Promise<CacheEntry | undefined> {
  const bytes = await readFile(file).catch((error: NodeJS.ErrnoException) => {
    if (error.code === 'ENOENT') return undefined;
    throw new DataError(
      { what: `Cannot read the cache entry ${file}.`, received: error.code ?? error.message },
      { cause: error },
    );
  });
  return bytes && decodeEntry(bytes, key);
}

async function writeEntry(file: string, key: string, entry: CacheEntry): Promise<void> {
  const temporary = `${file}.${randomUUID()}.tmp`;
  try {
    await makeFolder(dirname(file));
    await writeFile(temporary, encodeEntry(key, entry), { flag: 'wx' });
    await rename(temporary, file);
  } catch (cause) {
    await rm(temporary, { force: true }).catch(() => undefined);
    const code = (cause as NodeJS.ErrnoException).code ?? String(cause);
    throw new DataError(
      {
        what: `Cannot write the cache entry ${file}.`,
        received: code === 'ENOSPC' ? 'a full disk (ENOSPC)' : code,
        hint: 'Free space, point the cache at another folder, or run without it.',
      },
      { cause },
    );
  }
}
