import { AscError } from '@asc/core';

/** Ctrl-C stopped the work at a safe point. */
export class InterruptedError extends AscError {}

const NOTHING_LOST = { what: 'Interrupted; nothing was left half-written.' };

/** Ends the work here if Ctrl-C was pressed. @throws InterruptedError */
export function stopIfAborted(signal: AbortSignal): void {
  if (signal.aborted) throw new InterruptedError(NOTHING_LOST);
}

/** Runs work that rejects with the signal's reason when aborted. @throws InterruptedError in its place. */
export async function stopOnAbort<T>(
  signal: AbortSignal,
  work: () => Promise<T>,
  hint = 'Run the same command again.',
): Promise<T> {
  try {
    return await work();
  } catch (cause) {
    if (!signal.aborted) throw cause;
    throw new InterruptedError({ ...NOTHING_LOST, hint }, { cause });
  }
}
