import { diskError } from './disk-error.js';
import { birthOf, isAlive } from './is-alive.js';

/** A lock without its holder's name is one being written, unless it is older than this. */
const YOUNG_MS = 5000;
/** Between two looks at a lock that another process is taking over. */
const LOOK_MS = 20;

/** Who holds a lock: absent while the holder is still writing its name. */
export interface LockHolder {
  readonly pid: number;
  readonly host: string;
  /** {@link birthOf} the process. */
  readonly born: string;
}

/**
 * Takes the lock file `path` for this process; the result gives it back. The lock of a process of this machine that has ended is
 * taken over, one of another machine never. Node only.
 *
 * @throws what `refused` makes of the holder, where there is one; DataError where the disk refused.
 */
export async function takeLock(
  path: string,
  refused: (holder: LockHolder | undefined) => Error,
): Promise<() => Promise<void>> {
  // Imported when called, so that the package also loads in a page.
  const { readFile, rm } = await import('node:fs/promises');
  const { hostname } = await import('node:os');
  const { pid } = process;
  const mine = JSON.stringify({ pid, host: hostname(), born: await birthOf(pid) } satisfies LockHolder);
  for (;;) {
    if (await create(path, mine)) {
      return async () => {
        if ((await readFile(path, 'utf8').catch(() => '')) === mine) await rm(path, { force: true });
      };
    }
    const found = await readLock(path);
    if (found?.held === true) throw refused(found.holder);
    if (found === undefined) await look();
    else await removeStale(path, found.text, mine);
  }
}

/** Whether somebody holds the lock file `path`. Node only. */
export async function isLocked(path: string): Promise<boolean> {
  return (await readLock(path))?.held ?? false;
}

async function create(path: string, text: string): Promise<boolean> {
  const { writeFile } = await import('node:fs/promises');
  try {
    await writeFile(path, text, { flag: 'wx' });
    return true;
  } catch (cause) {
    const { code = '' } = cause as NodeJS.ErrnoException;
    if (code === 'EEXIST') return false;
    // Made, but without room for the name.
    if (FULL.has(code)) await remove(path);
    throw diskError(path, cause);
  }
}

const FULL = new Set(['ENOSPC', 'EDQUOT']);

/** @throws DataError where it may not be removed. */
async function remove(path: string): Promise<void> {
  const { rm } = await import('node:fs/promises');
  await rm(path, { force: true }).catch((cause: unknown) => {
    throw diskError(path, cause);
  });
}

const look = (): Promise<void> => new Promise((resolve) => void setTimeout(resolve, LOOK_MS));

interface Lock {
  readonly text: string;
  readonly holder: LockHolder | undefined;
  readonly held: boolean;
}

/** `undefined` where there is none. */
async function readLock(path: string): Promise<Lock | undefined> {
  const { readFile } = await import('node:fs/promises');
  const { hostname } = await import('node:os');
  let text: string;
  try {
    text = await readFile(path, 'utf8');
  } catch (cause) {
    if ((cause as NodeJS.ErrnoException).code === 'ENOENT') return undefined;
    throw diskError(path, cause);
  }
  const holder = parseHolder(text);
  const held =
    holder === undefined
      ? (await ageMs(path)) < YOUNG_MS
      : holder.host !== hostname() || (await isAlive(holder.pid, holder.born));
  return { text, holder, held };
}

function parseHolder(text: string): LockHolder | undefined {
  try {
    const { pid, host, born } = JSON.parse(text) as Partial<LockHolder>;
    return typeof pid === 'number' && typeof host === 'string' && typeof born === 'string'
      ? { pid, host, born }
      : undefined;
  } catch {
    return undefined;
  }
}

async function ageMs(path: string): Promise<number> {
  const { stat } = await import('node:fs/promises');
  const { mtimeMs = 0 } = (await stat(path).catch(() => undefined)) ?? {};
  return Date.now() - mtimeMs;
}

/** Removes the lock of a process that ended. Those who find it at once take turns, or the second would remove the first one's new lock. */
async function removeStale(path: string, text: string, mine: string): Promise<void> {
  const { readFile } = await import('node:fs/promises');
  const turn = `${path}.stale`;
  if (!(await create(turn, mine))) {
    await ((await ageMs(turn)) > YOUNG_MS ? remove(turn) : look());
    return;
  }
  try {
    if ((await readFile(path, 'utf8').catch(() => undefined)) === text) await remove(path);
  } finally {
    await remove(turn);
  }
}
