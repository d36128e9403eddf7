import { DataError, UsageError } from '@asc/core';
import { readdir } from 'node:fs/promises';
import { join } from 'node:path';

/** What a run that died before it wrote its recipe may have left. */
const TRACES = /^(checkpoints|run\.lock(\.stale-\d+)?|\.partial-.*)$/;

/**
 * Lets a folder pass that is missing, empty, or a run's.
 *
 * @throws UsageError for a folder with other files in it, among which a run would be hard to tell apart.
 */
export async function refuseForeignFolder(folder: string): Promise<void> {
  const names = await namesIn(folder);
  if (names.includes('recipe.json')) return;
  const strange = [
    ...names.filter((name) => !TRACES.test(name)),
    ...(names.includes('checkpoints') ? await namesIn(join(folder, 'checkpoints')) : []).map(
      (name) => `checkpoints/${name}`,
    ),
  ];
  if (strange.length === 0) return;
  const more = strange.length > 3 ? ` and ${strange.length - 3} more` : '';
  throw new UsageError({
    what: `${folder} holds other files and no run.`,
    expected: 'a new or empty folder, or that of a run',
    received: `${strange.slice(0, 3).join(', ')}${more}`,
    hint: 'Give another folder: a run writes a dozen files of its own.',
  });
}

async function namesIn(folder: string): Promise<string[]> {
  return readdir(folder).catch((cause: unknown) => {
    const { code } = cause as NodeJS.ErrnoException;
    // A file in the place of the folder is told by whoever makes it.
    if (code === 'ENOENT' || code === 'ENOTDIR') return [];
    throw new DataError({ what: `Cannot read ${folder}.`, received: code ?? String(cause) }, { cause });
  });
}
