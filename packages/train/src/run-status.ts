import { AscError, writeFileAtomic } from '@asc/core';
import { readFile } from 'node:fs/promises';

/** How a run stands, or ended; plain JSON. */
export interface RunStatus {
  /** A run is `killed` whose process ended without a word: power, memory, `kill -9`. */
  readonly state: 'running' | 'done' | 'interrupted' | 'failed' | 'killed';
  /** When that was written, ISO 8601. */
  readonly date: string;
  /** Epochs done, and steps of the next one, at the last checkpoint. */
  readonly epoch: number;
  readonly step: number;
  /** Why it failed. */
  readonly error?: { readonly what: string; readonly received?: string; readonly hint?: string };
}

/** Where a run stood before this process, in one sentence without its end. */
export function describeStatus({ state, error }: RunStatus): string {
  const words = {
    running: 'is under way',
    done: 'is done',
    interrupted: 'was interrupted',
    failed: 'failed',
    killed: 'was killed',
  };
  const why = [error?.what.replace(/\.$/, ''), error?.received].filter((part) => part !== undefined).join(': ');
  return why === '' ? words[state] : `${words[state]} (${why})`;
}

/** What went wrong, for the status of a failed run. */
export function failureOf(cause: unknown): NonNullable<RunStatus['error']> {
  if (!(cause instanceof AscError)) return { what: cause instanceof Error ? cause.message : String(cause) };
  const { what, received, hint } = cause.parts;
  return { what, ...(received === undefined ? {} : { received }), ...(hint === undefined ? {} : { hint }) };
}

export async function writeStatus(path: string, status: RunStatus): Promise<void> {
  await writeFileAtomic(path, `${JSON.stringify(status, null, 2)}\n`);
}

/** The status in a file as it was written; none where there is no such file, or one that tells nothing. */
export async function readStatus(path: string): Promise<RunStatus | undefined> {
  try {
    const status = JSON.parse(await readFile(path, 'utf8')) as Partial<RunStatus> | null;
    const states: readonly unknown[] = ['running', 'done', 'interrupted', 'failed', 'killed'];
    return states.includes(status?.state) ? (status as RunStatus) : undefined;
  } catch {
    // It tells people how a run ended; nothing is computed from it.
    return undefined;
  }
}
