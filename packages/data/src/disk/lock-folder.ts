import { DataError, takeLock } from '@asc/core';

/**
 * Takes the lock file `path` of `what` for this process; the result gives it back.
 *
 * @throws {DataError} another process holds it, or the disk refused.
 */
export async function lockFolder(path: string, what: string): Promise<() => Promise<void>> {
  return takeLock(
    path,
    (holder) =>
      new DataError({
        what: `${what} is being worked on by another process.`,
        expected: 'one process at a time',
        received: holder === undefined ? 'one that is just starting' : `process ${holder.pid} on ${holder.host}`,
        hint: `Wait for it, or stop it. If there is no such process any more, delete ${path}.`,
      }),
  );
}
