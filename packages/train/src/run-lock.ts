import { diskError, UsageError } from '@asc/core';
import { readFileSync } from 'node:fs';
import { readFile, rename, rm, stat, writeFile } from 'node:fs/promises';
import { hostname } from 'node:os';

/** A lock not yet filled in by its owner is younger than this. */
const YOUNG_MS = 2000;

interface Owner {
  readonly pid: number;
  readonly host: string;
  /** When the process began, in the kernel's words: process numbers are used again. */
  readonly born: string;
}

/**
 * Takes the lock file `path`; a lock whose process is dead is taken over. Returns what gives it back.
 *
 * @throws UsageError when another living process holds it, naming the process; DataError when it cannot be written.
 */
export async function acquireRunLock(path: string): Promise<() => Promise<void>> {
  const mine = JSON.stringify({ pid: process.pid, host: hostname(), born: birthOf(process.pid) } satisfies Owner);
  for (let attempt = 0; attempt < 10; attempt++) {
    try {
      await writeFile(path, mine, { flag: 'wx' });
      return async () => {
        if ((await readFile(path, 'utf8').catch(() => '')) === mine) await rm(path, { force: true });
      };
    } catch (cause) {
      if ((cause as NodeJS.ErrnoException).code !== 'EEXIST') throw diskError(path, cause);
    }
    const held = await readFile(path, 'utf8').catch(() => undefined);
    if (held === undefined) continue;
    if (await isHeld(path, held)) throw refusal(path, held);
    await removeStale(path, held);
  }
  throw refusal(path, await readFile(path, 'utf8').catch(() => ''));
}

/** Whether a living process holds the lock file `path`. */
export async function isRunLocked(path: string): Promise<boolean> {
  const held = await readFile(path, 'utf8').catch(() => undefined);
  return held !== undefined && isHeld(path, held);
}

async function isHeld(path: string, content: string): Promise<boolean> {
  const owner = readOwner(content);
  if (owner === undefined) {
    const { mtimeMs } = await stat(path).catch(() => ({ mtimeMs: 0 }));
    return Date.now() - mtimeMs < YOUNG_MS;
  }
  if (owner.host !== hostname()) return true;
  return isAlive(owner.pid) && birthOf(owner.pid) === owner.born;
}

/** Moves the lock aside before removing it, so that of two processes that saw it stale, one takes it over. */
async function removeStale(path: string, content: string): Promise<void> {
  const aside = `${path}.stale-${process.pid}`;
  await rename(path, aside).catch(() => undefined);
  const moved = await readFile(aside, 'utf8').catch(() => undefined);
  if (moved !== undefined && moved !== content) await rename(aside, path).catch(() => undefined);
  await rm(aside, { force: true });
}

function refusal(path: string, content: string): UsageError {
  const owner = readOwner(content);
  return new UsageError({
    what: `Another process is using this run folder.`,
    received:
      owner === undefined
        ? `a lock that is being taken: ${path}`
        : `process ${owner.pid} on ${owner.host} holds ${path}`,
    hint: 'Wait for it or stop it. If that machine is gone, delete the lock file.',
  });
}

function readOwner(content: string): Owner | undefined {
  try {
    const { pid, host, born } = JSON.parse(content) as Partial<Owner>;
    return Number.isSafeInteger(pid) && typeof host === 'string' && typeof born === 'string'
      ? { pid: pid as number, host, born }
      : undefined;
  } catch {
    return undefined;
  }
}

function isAlive(pid: number): boolean {
  try {
    process.kill(pid, 0);
    return true;
  } catch (cause) {
    // The process of another user lives, though it may not be signalled.
    return (cause as NodeJS.ErrnoException).code === 'EPERM';
  }
}

/**
 * Start time of a process since boot, with the boot's name; empty where the system does not tell (not Linux). A killed process
 * that its parent has not asked after (in a container, often never) has ended all the same.
 */
function birthOf(pid: number): string {
  try {
    const stat = readFileSync(`/proc/${pid}/stat`, 'utf8');
    const fields = stat.slice(stat.lastIndexOf(')') + 2).split(' ');
    if (fields[0] === 'Z' || fields[0] === 'X') return 'ended';
    const ticks = fields[19] ?? '';
    return `${readFileSync('/proc/sys/kernel/random/boot_id', 'utf8').trim()} ${ticks}`;
  } catch {
    return '';
  }
}
