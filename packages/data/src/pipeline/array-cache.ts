import { checkKeys, checkPositiveInteger } from '@asc/core';

/** Numbers with what else is to be remembered about them (plain JSON), e.g. the shape of a feature map. */
export interface CacheEntry {
  readonly data: Float32Array;
  readonly meta: unknown;
  /** How the numbers lie, slowest dimension first; one dimension where not given. */
  readonly shape?: readonly number[];
}

/**
 * Remembers arrays by key. The key must name everything the array depends on: file, its version, configuration. What
 * `get` returns belongs to the caller, who may change it.
 */
export interface ArrayCache {
  /** The entry of `key`; made by `make`, once even when asked for several times at once, where there is none. */
  get(key: string, make: () => CacheEntry | Promise<CacheEntry>): Promise<CacheEntry>;
}

/** Remembers `fn`'s result for every item in `cache`: the function to give to `Pipeline.map`. */
export function cached<T>(
  cache: ArrayCache,
  keyOf: (item: T) => string,
  fn: (item: T) => CacheEntry | Promise<CacheEntry>,
): (item: T) => Promise<CacheEntry> {
  return (item) => cache.get(keyOf(item), () => fn(item));
}

/** A cache in memory that forgets the entries unused for longest, so that their arrays stay within `maxBytes`. */
export function memoryCache(options: { readonly maxBytes: number }): ArrayCache & { readonly bytes: number } {
  checkKeys('The options of memoryCache', options, ['maxBytes']);
  return new MemoryCache(checkPositiveInteger('maxBytes', options.maxBytes));
}

class MemoryCache implements ArrayCache {
  readonly #maxBytes: number;
  readonly #making = new Map<string, Promise<CacheEntry>>();
  /** Least recently used first. */
  readonly #entries = new Map<string, CacheEntry>();
  #bytes = 0;

  constructor(maxBytes: number) {
    this.#maxBytes = maxBytes;
  }

  /** Bytes of the arrays held now. */
  get bytes(): number {
    return this.#bytes;
  }

  async get(key: string, make: () => CacheEntry | Promise<CacheEntry>): Promise<CacheEntry> {
    const held = this.#entries.get(key);
    if (held !== undefined) {
      this.#entries.delete(key);
      this.#entries.set(key, held);
      return ownCopy(held);
    }
    const entry = await shareWork(this.#making, key, async () => {
      const made = ownCopy(await make());
      this.#keep(key, made);
      return made;
    });
    return ownCopy(entry);
  }

  #keep(key: string, entry: CacheEntry): void {
    if (entry.data.byteLength > this.#maxBytes) return;
    this.#entries.set(key, entry);
    this.#bytes += entry.data.byteLength;
    for (const [oldKey, old] of this.#entries) {
      if (this.#bytes <= this.#maxBytes) return;
      this.#entries.delete(oldKey);
      this.#bytes -= old.data.byteLength;
    }
  }
}

function ownCopy(entry: CacheEntry): CacheEntry {
  return { ...entry, data: entry.data.slice(), meta: structuredClone(entry.meta) };
}

/** Runs `work` for a key unless it already runs, in which case that run's result is shared. */
export async function shareWork<T>(running: Map<string, Promise<T>>, key: string, work: () => Promise<T>): Promise<T> {
  const started = running.get(key);
  if (started !== undefined) return started;
  const promise = work().finally(() => running.delete(key));
  running.set(key, promise);
  return promise;
}
