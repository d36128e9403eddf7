import { UsageError, type LockHolder } from '@asc/core';

/** What to say where another living process holds the lock file of a run folder. */
export function runInUse(lock: string, holder: LockHolder | undefined): UsageError {
  return new UsageError({
    what: `Another process is using this run folder.`,
    received:
      holder === undefined
        ? `a lock that is being taken: ${lock}`
        : `process ${holder.pid} on ${holder.host} holds ${lock}`,
    hint: 'Wait for it or stop it. If that machine is gone, delete the lock file.',
  });
}
