import { createHash } from 'node:crypto';
import { readFile } from 'node:fs/promises';
import { dirname, join, resolve } from 'node:path';
import { checkKeys, checkPositiveInteger, DataError, makeFolder } from '@asc/core';
import { scratchFiles } from '../disk/scratch-files.js';
import { type ArrayCache, type CacheDtype, type CacheEntry, checkCacheDtype, shareWork } from './array-cache.js';
import { decodeEntry, encodeEntry } from './cache-file.js';
import { cacheLimit } from './cache-limit.js';

/** Options of {@link diskCache}. */
export interface DiskCacheOptions {
  /** Where the files would take more, those unused for longest are removed. Default: no limit. */
  readonly maxBytes?: number;
  /** Default `float32`. With `float16`, what `get` gives is rounded from the first time on. */
  readonly dtype?: CacheDtype;
}

/**
 * A cache in files below `folder`, named by the hash of the key; each is a `.npy` that numpy reads. Several processes and threads may share
 * it: an entry appears whole or not at all, survives a power cut once it is there, and a damaged one is made again. What
 * processes that were killed left half-written is removed.
 *
 * @throws DataError (from `get`) when an entry cannot be written: full or read-only disk, or numbers beyond half precision.
 */
export function diskCache(folder: string, options: DiskCacheOptions = {}): ArrayCache {
  checkKeys('The options of diskCache', options, ['maxBytes', 'dtype']);
  const dtype = checkCacheDtype(options.dtype);
  const base = resolve(folder);
  const limit =
    options.maxBytes === undefined ? undefined : cacheLimit(base, checkPositiveInteger('maxBytes', options.maxBytes));
  const scratch = scratchFiles(join(base, 'unfinished'));
  const making = new Map<string, Promise<CacheEntry>>();

  const keep = async (file: string, key: string, entry: CacheEntry): Promise<CacheEntry> => {
    const bytes = encodeEntry(key, entry, dtype);
    // Equal to what will be read, also the first time.
    const kept = dtype === 'float32' ? entry : (decodeEntry(bytes, key, dtype) ?? entry);
    if (limit !== undefined && !(await limit.admit(bytes.length))) return kept;
    try {
      await makeFolder(dirname(file));
      await scratch.write(file, bytes);
    } catch (cause) {
      throw refused(file, cause);
    }
    return kept;
  };

  return {
    async get(key, make) {
      const file = entryFile(base, key, dtype);
      const held = await readEntry(file, key, dtype);
      if (held !== undefined) {
        await limit?.use(file);
        return held;
      }
      let own: CacheEntry | undefined;
      const shared = await shareWork(making, key, async () => {
        own = await keep(file, key, await make());
        return own;
      });
      return shared === own ? shared : { ...shared, data: shared.data.slice(), meta: structuredClone(shared.meta) };
    },
  };
}

function entryFile(base: string, key: string, dtype: CacheDtype): string {
  const hash = createHash('sha256').update(`${dtype} ${key}`).digest('hex');
  return join(base, hash.slice(0, 2), `${hash.slice(2)}.npy`);
}

async function readEntry(file: string, key: string, dtype: CacheDtype): Promise<CacheEntry | undefined> {
  const bytes = await readFile(file).catch((error: NodeJS.ErrnoException) => {
    if (error.code === 'ENOENT') return undefined;
    throw new DataError(
      { what: `Cannot read the cache entry ${file}.`, received: error.code ?? error.message },
      { cause: error },
    );
  });
  return bytes && decodeEntry(bytes, key, dtype);
}

function refused(file: string, cause: unknown): DataError {
  const { code = String(cause) } = (cause instanceof DataError ? cause.cause : cause) as NodeJS.ErrnoException;
  return new DataError(
    {
      what: `Cannot write the cache entry ${file}.`,
      received: code === 'ENOSPC' ? 'a full disk (ENOSPC)' : code,
      hint: 'Free space, point the cache at another folder, or run without it.',
    },
    { cause },
  );
}
