import { checkPositiveInteger } from '@asc/core';
import { type Source, type Stage, closeIterator, ignore, iteratorOf, orAbort } from './iterate.js';

/** Stage that reads up to `count` items ahead while the reader is busy with earlier ones. */
export function prefetchItems<T>(count: number, signal?: AbortSignal): Stage<T, T> {
  checkPositiveInteger('The prefetch count', count);
  return async function* prefetched(source: Source<T>) {
    const iterator = iteratorOf(source);
    const ready: Promise<IteratorResult<T>>[] = [];
    let latest: Promise<IteratorResult<T>> = Promise.resolve({ done: false, value: undefined as T });
    let ended = false;
    // One request at a time: sources need not support overlapping calls. After the end, or a failure, no more are made.
    const request = (): void => {
      latest = latest.then((result) => {
        if (result.done === true || ended) return { done: true, value: undefined };
        return iterator.next();
      });
      latest.catch(ignore);
      ready.push(latest);
    };
    try {
      for (;;) {
        while (ready.length < count) request();
        const first = ready.shift();
        if (first === undefined) return;
        const result = await orAbort(first, signal);
        if (result.done === true) {
          ended = true;
          return;
        }
        request();
        yield result.value;
      }
    } finally {
      const finished = ended;
      ended = true;
      if (signal?.aborted !== true) await latest.catch(ignore);
      if (!finished) await closeIterator(iterator, signal);
    }
  };
}
