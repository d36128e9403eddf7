import { readdir, rm, stat, utimes } from 'node:fs/promises';
import { join } from 'node:path';

/** Keeps the files of a cache within some bytes. */
export interface CacheLimit {
  /** Makes room for a file of so many bytes; false where it would not fit alone. */
  admit(bytes: number): Promise<boolean>;
  /** Notes that a file was used now. */
  use(file: string): Promise<void>;
}

/** A use is noted in the file's time when the last note is older than this. */
const NOTE_MS = 60_000;
/** Making room leaves this share of the limit, so that not every file makes room anew. */
const LEFT_SHARE = 0.9;
const AT_ONCE = 64;

interface Held {
  readonly path: string;
  readonly bytes: number;
  readonly usedMs: number;
}

/**
 * Watches the files below `folder`, subfolder by subfolder. They are counted at the first write and whenever the limit seems reached, so that
 * what other processes write is seen; those unused for longest go first.
 */
export function cacheLimit(folder: string, maxBytes: number): CacheLimit {
  let total: number | undefined;
  let turn: Promise<unknown> = Promise.resolve();

  const admit = async (bytes: number): Promise<boolean> => {
    if (bytes > maxBytes) return false;
    total ??= sum(await listHeld(folder));
    if (total + bytes > maxBytes) total = await makeRoom(folder, maxBytes - bytes, maxBytes * LEFT_SHARE - bytes);
    total += bytes;
    return true;
  };
  return {
    admit(bytes) {
      const admitted = turn.then(() => admit(bytes));
      turn = admitted.catch(() => undefined);
      return admitted;
    },
    async use(file) {
      const now = Date.now();
      const { mtimeMs } = await stat(file).catch(() => ({ mtimeMs: now }));
      // Somebody else may have removed it meanwhile, or may own it.
      if (now - mtimeMs > NOTE_MS) await utimes(file, now / 1000, now / 1000).catch(() => undefined);
    },
  };
}

/** Where there are more than `most` bytes, removes files until `left` remain; returns what is there then. */
async function makeRoom(folder: string, most: number, left: number): Promise<number> {
  const held = await listHeld(folder);
  let total = sum(held);
  if (total <= most) return total;
  held.sort((a, b) => a.usedMs - b.usedMs);
  for (const { path, bytes } of held) {
    if (total <= left) break;
    await rm(path, { force: true });
    total -= bytes;
  }
  return total;
}

async function listHeld(folder: string): Promise<Held[]> {
  const held: Held[] = [];
  const paths = (await readdir(folder, { recursive: true }).catch(() => [])).filter((name) => name.endsWith('.npy'));
  for (let at = 0; at < paths.length; at += AT_ONCE) {
    await Promise.all(
      paths.slice(at, at + AT_ONCE).map(async (name) => {
        const path = join(folder, name);
        const found = await stat(path).catch(() => undefined);
        if (found !== undefined) held.push({ path, bytes: found.size, usedMs: found.mtimeMs });
      }),
    );
  }
  return held;
}

function sum(held: readonly Held[]): number {
  return held.reduce((total, { bytes }) => total + bytes, 0);
}
