/** Anything a `for await` loop can read. */
export type Source<T> = AsyncIterable<T> | Iterable<T>;

/** A stage of a pipeline: reads one stream, gives another. Closing the output closes the input. */
export type Stage<T, U> = (source: Source<T>) => AsyncIterable<U>;

/** The async iterator of a source of either kind. */
export function iteratorOf<T>(source: Source<T>): AsyncIterator<T> {
  if (Symbol.asyncIterator in source) return source[Symbol.asyncIterator]();
  const iterator = source[Symbol.iterator]();
  return {
    next: async () => iterator.next(),
    return: async () => iterator.return?.() ?? { done: true, value: undefined },
  };
}

/**
 * `work`, or a rejection with the signal's reason as soon as it aborts, whichever comes first. What `work` does after
 * that is ignored.
 */
export async function orAbort<T>(work: Promise<T>, signal: AbortSignal | undefined): Promise<T> {
  if (signal === undefined) return work;
  if (signal.aborted) {
    work.catch(ignore);
    throw signal.reason;
  }
  let stop: (() => void) | undefined;
  const aborted = new Promise<never>((_resolve, reject) => {
    stop = () => reject(signal.reason as Error);
    signal.addEventListener('abort', stop, { once: true });
  });
  try {
    return await Promise.race([work, aborted]);
  } finally {
    if (stop !== undefined) signal.removeEventListener('abort', stop);
  }
}

/** Marks a promise whose failure is reported elsewhere as handled. */
export function ignore(): void {
  // Nothing to do: see the caller.
}

/** Closes a source that was not read to its end; after an abort without waiting, since the source may be stuck. */
export async function closeIterator(iterator: AsyncIterator<unknown>, signal: AbortSignal | undefined): Promise<void> {
  const closed = Promise.resolve(iterator.return?.());
  if (signal?.aborted === true) closed.catch(ignore);
  else await closed;
}
