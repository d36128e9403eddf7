import { checkKeys, checkOneOf, checkPositiveInteger } from '@asc/core';
import { packHalves, unpackHalves } from './half.js';

/** How numbers are kept: as they are, or rounded to half precision (11 bits, up to 65504) in half the room. */
export type CacheDtype = 'float32' | 'float16';

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

/** Options of {@link memoryCache}. */
export interface MemoryCacheOptions {
  /** Most bytes that the arrays may take; those unused for longest are forgotten. */
  readonly maxBytes: number;
  /** Default `float32`. With `float16`, what `get` gives is rounded from the first time on. */
  readonly dtype?: CacheDtype;
}

/**
 * A cache in memory that forgets the entries unused for longest, so that their arrays stay within `maxBytes`.
 *
 * @throws DataError (from `get`) for numbers beyond half precision.
 */
export function memoryCache(options: MemoryCacheOptions): ArrayCache & { readonly bytes: number } {
  checkKeys('The options of memoryCache', options, ['maxBytes', 'dtype']);
  return new MemoryCache(checkPositiveInteger('maxBytes', options.maxBytes), checkCacheDtype(options.dtype));
}

/** The kind given, or the default. */
export function checkCacheDtype(dtype: CacheDtype = 'float32'): CacheDtype {
  return checkOneOf('dtype', dtype, ['float32', 'float16']);
}

/** An entry as it is held. */
type Held = Omit<CacheEntry, 'data'> & { readonly data: Float32Array | Uint16Array };

class MemoryCache implements ArrayCache {
  readonly #maxBytes: number;
  readonly #dtype: CacheDtype;
  readonly #making = new Map<string, Promise<Held>>();
  /** Least recently used first. */
  readonly #entries = new Map<string, Held>();
  #bytes = 0;

  constructor(maxBytes: number, dtype: CacheDtype) {
    this.#maxBytes = maxBytes;
    this.#dtype = dtype;
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
      return given(held);
    }
    const made = await shareWork(this.#making, key, async () => {
      const { data, meta, ...rest } = await make();
      const kept = this.#dtype === 'float16' ? packHalves(data) : data.slice();
      const entry = { ...rest, data: kept, meta: structuredClone(meta) };
      this.#keep(key, entry);
      return entry;
    });
    return given(made);
  }

  #keep(key: string, entry: Held): void {
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

/** A copy of its own for the caller. */
function given({ data, meta, ...rest }: Held): CacheEntry {
  const numbers = data instanceof Uint16Array ? unpackHalves(data) : data.slice();
  return { ...rest, data: numbers, meta: structuredClone(meta) };
}

/** Runs `work` for a key unless it already runs, in which case that run's result is shared. */
export async function shareWork<T>(running: Map<string, Promise<T>>, key: string, work: () => Promise<T>): Promise<T> {
  const started = running.get(key);
  if (started !== undefined) return started;
  const promise = work().finally(() => running.delete(key));
  running.set(key, promise);
  return promise;
}
