import { isAlive, makeFolder } from '@asc/core';
import { randomUUID } from 'node:crypto';
import { open, readdir, rename, rm, stat } from 'node:fs/promises';
import { hostname } from 'node:os';
import { join } from 'node:path';

/** Files of other machines are taken for abandoned when they are this old. */
const ABANDONED_MS = 86_400_000;

/** Files that several processes write into one place, whole or not at all. */
export interface ScratchFiles {
  /** Writes, syncs and renames to `target`, on the same disk. Rejects with the system's own error; nothing is left behind. */
  write(target: string, content: Uint8Array): Promise<void>;
}

/** Files on their way lie in `folder`, named by their process; the first write removes those of processes that are gone. */
export function scratchFiles(folder: string): ScratchFiles {
  let swept: Promise<void> | undefined;
  return {
    async write(target, content) {
      await (swept ??= sweep(folder));
      const temporary = join(folder, `${hostname()}~${process.pid}~${randomUUID()}`);
      try {
        const file = await open(temporary, 'wx');
        try {
          await file.writeFile(content);
          await file.sync();
        } finally {
          await file.close();
        }
        await rename(temporary, target);
      } catch (error) {
        await rm(temporary, { force: true }).catch(() => undefined);
        throw error;
      }
    },
  };
}

async function sweep(folder: string): Promise<void> {
  await makeFolder(folder);
  for (const name of await readdir(folder)) {
    const path = join(folder, name);
    const [host, pid] = name.split('~');
    const { mtimeMs = Date.now() } = (await stat(path).catch(() => undefined)) ?? {};
    const gone = host === hostname() ? !(await isAlive(Number(pid))) : Date.now() - mtimeMs > ABANDONED_MS;
    if (gone) await rm(path, { force: true });
  }
}
