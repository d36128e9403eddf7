import { makeFolder, UsageError } from '@asc/core';
import { stat } from 'node:fs/promises';
import { dirname } from 'node:path';

/**
 * Makes the folder of a file that is to be written. Called before the work, so that a place that cannot be written is not found
 * out after it.
 *
 * @throws UsageError where there is a folder of that name; DataError where the folder above cannot be made.
 */
export async function makeRoomFor(file: string): Promise<void> {
  await makeFolder(dirname(file));
  const isFolder = await stat(file).then(
    (found) => found.isDirectory(),
    () => false,
  );
  if (!isFolder) return;
  throw new UsageError({
    what: `Cannot write ${file}.`,
    expected: 'the path of a file',
    received: 'a folder',
    hint: 'Give the path of a file.',
  });
}
