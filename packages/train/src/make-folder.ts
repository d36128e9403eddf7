import { mkdir, stat } from 'node:fs/promises';
import { dirname } from 'node:path';
import { diskError } from './write-file-atomic.js';

/**
 * Makes a folder and those above it where they are missing.
 *
 * Not `mkdir`'s own `recursive`: on a read-only disk it says that the folder is missing, and below `/proc` it never ends
 * (Node 20).
 *
 * @throws DataError naming the folder that cannot be made, and why.
 */
export async function makeFolder(path: string): Promise<void> {
  try {
    await mkdir(path);
  } catch (cause) {
    const { code } = cause as NodeJS.ErrnoException;
    if (await isFolder(path)) return;
    if (code !== 'ENOENT' || dirname(path) === path) throw diskError(path, cause);
    await makeFolder(dirname(path));
    await mkdir(path).catch(async (again: unknown) => {
      // Somebody else may have made it meanwhile.
      if (!(await isFolder(path))) throw diskError(path, again);
    });
  }
}

async function isFolder(path: string): Promise<boolean> {
  return stat(path).then(
    (found) => found.isDirectory(),
    () => false,
  );
}
