import { open, readFile, rm, stat } from 'node:fs/promises';
import { hostname } from 'node:os';
import { setTimeout as pause } from 'node:timers/promises';
import { DataError, diskError } from '@asc/core';
import { isAlive } from './is-alive.js';

/** A lock without its holder's name is one being written, unless it is older than this. */
const YOUNG_MS = 5000;

/**
 * Takes the lock file `path` for this process; the result gives it back. The lock of a process of this machine that is no longer
 * there is taken over.
 *
 * @throws {DataError} another process holds it, or the disk refused.
 */
export async function lockFolder(path: string, what: string): Promise<() => Promise<void>> {
  for (;;) {
    if (await create(path)) return () => rm(path, { force: true });
    const holder = await readHolder(path);
    if (holder === undefined) continue;
    if (holder.held) {
      throw new DataError({
        what: `${what} is being worked on by another process.`,
        expected: 'one process at a time',
        received: holder.name,
        hint: `Wait for it, or stop it. If there is no such process any more, delete ${path}.`,
      });
    }
    await removeStale(path, holder.text);
  }
}

async function create(path: string): Promise<boolean> {
  try {
    const file = await open(path, 'wx');
    try {
      await file.writeFile(JSON.stringify({ pid: process.pid, host: hostname() }));
    } finally {
      await file.close();
    }
    return true;
  } catch (cause) {
    if ((cause as NodeJS.ErrnoException).code === 'EEXIST') return false;
    throw diskError(path, cause);
  }
}

interface Holder {
  readonly text: string;
  readonly name: string;
  readonly held: boolean;
}

async function readHolder(path: string): Promise<Holder | undefined> {
  try {
    const text = await readFile(path, 'utf8');
    const { mtimeMs } = await stat(path);
    const [, pid, host] = /^\{"pid":(\d+),"host":"(.*)"\}$/.exec(text) ?? [];
    if (pid === undefined || host === undefined) {
      return { text, name: 'one that is just starting', held: Date.now() - mtimeMs < YOUNG_MS };
    }
    const elsewhere = host !== hostname();
    return { text, name: `process ${pid} on ${host}`, held: elsewhere || isAlive(Number(pid)) };
  } catch (cause) {
    // Given back meanwhile.
    if ((cause as NodeJS.ErrnoException).code === 'ENOENT') return undefined;
    throw diskError(path, cause);
  }
}

/** Removes a dead process's lock. Those who find it at once take turns, or the second would remove the first one's new lock. */
async function removeStale(path: string, text: string): Promise<void> {
  const turn = `${path}.stale`;
  if (!(await create(turn))) {
    const { mtimeMs = 0 } = (await stat(turn).catch(() => undefined)) ?? {};
    if (Date.now() - mtimeMs > YOUNG_MS) await rm(turn, { force: true });
    else await pause(20);
    return;
  }
  try {
    if ((await readFile(path, 'utf8').catch(() => undefined)) === text) await rm(path, { force: true });
  } finally {
    await rm(turn, { force: true });
  }
}
