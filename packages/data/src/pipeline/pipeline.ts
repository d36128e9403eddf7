import { type Rng, UsageError, checkKeys } from '@asc/core';
import { batchItems } from './batch-items.js';
import { type Source, type Stage, orAbort, iteratorOf, closeIterator } from './iterate.js';
import { mapOrdered } from './map-ordered.js';
import { prefetchItems } from './prefetch-items.js';
import { type List, shuffleList, shuffleWindow } from './shuffle-window.js';
import type { TransferList, WorkerPool } from './worker-pool.js';

/** Options of {@link pipeline}. */
export interface PipelineOptions {
  /** Aborting makes every loop over the pipeline end with the signal's reason, at once. */
  readonly signal?: AbortSignal;
}

/** Options of {@link Pipeline.parallelMap}. */
export interface ParallelMapOptions<T> {
  /** Items in flight, finished ones that wait for their turn included. Default: twice the pool's workers. */
  readonly inFlight?: number;
  /** Buffers of an item to move to the worker instead of copying. */
  readonly transfer?: (item: T) => TransferList;
}

/**
 * A lazy stream of items: nothing runs until it is read with `for await`, and no stage holds more items than its own
 * argument says, however long the stream. Leaving the loop early closes every stage. Reading it twice starts over, if the
 * source can (a list, a function).
 */
export interface Pipeline<T> extends AsyncIterable<T> {
  /** Applies `fn`, to up to `concurrency` items at once (default 1); results keep the order. */
  map<U>(fn: (item: T, index: number) => U | Promise<U>, options?: { readonly concurrency?: number }): Pipeline<U>;
  /**
   * Random order from `rng`. Directly on a list: one permutation of the whole. On any other stream a `window` is needed:
   * a random one of `window` held items each time. Each reading draws anew from the same generator.
   */
  shuffle(rng: Rng, options?: { readonly window?: number }): Pipeline<T>;
  /** Groups of `size`; the shorter last one is kept unless `dropLast`. */
  batch(size: number, options?: { readonly dropLast?: boolean }): Pipeline<T[]>;
  /** Reads up to `count` items ahead while the reader is busy. */
  prefetch(count: number): Pipeline<T>;
  /** Applies the exported function `name` of the pool's module to every item, in its workers; results keep the order. */
  parallelMap<U>(pool: WorkerPool, name: string, options?: ParallelMapOptions<T>): Pipeline<U>;
}

/**
 * Starts a pipeline over a list, any iterable, or a function that opens one.
 *
 * @example
 * for await (const batch of pipeline(clips).shuffle(rng).map(load, { concurrency: 4 }).batch(24).prefetch(2)) …
 */
export function pipeline<T>(source: Source<T> | (() => Source<T>), options: PipelineOptions = {}): Pipeline<T> {
  checkKeys('The options of pipeline', options, ['signal']);
  const { signal } = options;
  if (typeof source === 'function') return stagesOf(source, signal, undefined);
  if (typeof source === 'object' && (Symbol.iterator in source || Symbol.asyncIterator in source)) {
    return stagesOf(() => source, signal, isList(source) ? source : undefined);
  }
  throw new UsageError({
    what: 'A pipeline needs something to read.',
    expected: 'a list, an iterable, or a function that returns one',
    received: String(source),
  });
}

/** An array, or a list that makes its items as they are asked for. */
function isList<T>(source: Source<T>): source is Iterable<T> & List<T> {
  return 'length' in source && 'at' in source;
}

function stagesOf<T>(open: () => Source<T>, signal: AbortSignal | undefined, list: List<T> | undefined): Pipeline<T> {
  const then = <U>(stage: Stage<T, U>): Pipeline<U> => stagesOf(() => stage(open()), signal, undefined);
  return {
    [Symbol.asyncIterator]: () => read(open(), signal),
    map: (fn, { concurrency = 1 } = {}) => then(mapOrdered(fn, concurrency, signal)),
    shuffle(rng, { window } = {}) {
      if (window !== undefined) return then(shuffleWindow<T>(rng, window));
      if (list !== undefined) return stagesOf(() => shuffleList(list, rng), signal, undefined);
      throw new UsageError({
        what: 'Only a list can be shuffled as a whole.',
        expected: 'shuffle(rng) directly on a list, or shuffle(rng, { window })',
        received: 'a stream without a window',
      });
    },
    batch: (size, { dropLast = false } = {}) => then(batchItems<T>(size, dropLast)),
    prefetch: (count) => then(prefetchItems<T>(count, signal)),
    parallelMap: <U>(
      pool: WorkerPool,
      name: string,
      { inFlight = 2 * pool.size, transfer }: ParallelMapOptions<T> = {},
    ) => then(mapOrdered((item: T) => pool.run<U>(name, item, transfer?.(item)), inFlight, signal)),
  };
}

async function* read<T>(source: Source<T>, signal: AbortSignal | undefined): AsyncGenerator<T, void, undefined> {
  const iterator = iteratorOf(source);
  let ended = false;
  try {
    for (;;) {
      const next = await orAbort(iterator.next(), signal);
      ended = next.done === true;
      if (next.done === true) return;
      yield next.value;
    }
  } catch (error) {
    ended ||= signal?.aborted !== true;
    throw error;
  } finally {
    if (!ended) await closeIterator(iterator, signal);
  }
}
