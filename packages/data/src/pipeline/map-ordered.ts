import { checkPositiveInteger } from '@asc/core';
import { type Source, type Stage, closeIterator, ignore, iteratorOf, orAbort } from './iterate.js';

/**
 * Stage that applies `fn` to up to `concurrency` items at once and gives the results in the order of the items. No more
 * than `concurrency` items are in flight or waiting: a slow reader slows the source. A failure, of `fn` or of the source,
 * surfaces at its item's place; leaving early waits for the calls in flight, aborting does not.
 */
export function mapOrdered<T, U>(
  fn: (item: T, index: number) => U | Promise<U>,
  concurrency: number,
  signal?: AbortSignal,
): Stage<T, U> {
  checkPositiveInteger('concurrency', concurrency);
  return async function* mapped(source: Source<T>) {
    const iterator = iteratorOf(source);
    const queue: Promise<U>[] = [];
    let upcoming: Promise<IteratorResult<T>> | undefined;
    let end: { readonly error?: unknown } | undefined;
    let index = 0;
    const start = async (item: T, at: number): Promise<U> => fn(item, at);
    /** Waits for the source; its failure ends the stream after the items before it. */
    const advance = async (arriving: Promise<IteratorResult<T>>): Promise<void> => {
      try {
        const next = await orAbort(arriving, signal);
        if (next.done === true) end = {};
        else queue.push(handled(start(next.value, index++)));
      } catch (error) {
        if (signal?.aborted === true) throw error;
        end = { error };
      }
      upcoming = undefined;
    };
    try {
      for (;;) {
        if (end === undefined && queue.length < concurrency) upcoming ??= handled(Promise.resolve(iterator.next()));
        const head = queue[0];
        if (upcoming !== undefined && (head === undefined || !(await headFirst(head, upcoming, signal)))) {
          await advance(upcoming);
        } else if (head !== undefined) {
          queue.shift();
          yield await orAbort(head, signal);
        } else {
          if (end !== undefined && 'error' in end) throw end.error;
          return;
        }
      }
    } finally {
      if (signal?.aborted !== true) await Promise.allSettled(queue);
      if (end === undefined) await closeIterator(iterator, signal);
    }
  };
}

function handled<T>(promise: Promise<T>): Promise<T> {
  promise.catch(ignore);
  return promise;
}

/** Whether the oldest result comes before the source's next item does. */
async function headFirst(
  head: Promise<unknown>,
  upcoming: Promise<unknown>,
  signal: AbortSignal | undefined,
): Promise<boolean> {
  const next = upcoming.then(
    () => false,
    () => false,
  );
  const first = head.then(
    () => true,
    () => true,
  );
  return orAbort(Promise.race([next, first]), signal);
}
