import { diskError } from './disk-error.js';

/**
 * Makes a folder and those above it where they are missing. Node only.
 *
 * Not `mkdir`'s own `recursive`: on a read-only disk it says that the folder is missing, and below `/proc` it never ends
 * (Node 20).
 *
 * @throws DataError naming the folder that cannot be made, and why.
 */
export async function makeFolder(path: string): Promise<void> {
  // Imported when called, so that the package also loads in a page.
  const { mkdir, stat } = await import('node:fs/promises');
  const { dirname } = await import('node:path');
  const isFolder = (): Promise<boolean> =>
    stat(path).then(
      (found) => found.isDirectory(),
      () => false,
    );
  try {
    await mkdir(path);
  } catch (cause) {
    if (await isFolder()) return;
    if ((cause as NodeJS.ErrnoException).code !== 'ENOENT' || dirname(path) === path) throw diskError(path, cause);
    await makeFolder(dirname(path));
    await mkdir(path).catch(async (again: unknown) => {
      // Somebody else may have made it meanwhile.
      if (!(await isFolder())) throw diskError(path, again);
    });
  }
}
