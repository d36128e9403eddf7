import { nearestName } from '@asc/core';
import type { TableRow } from './scan-table.js';
import { type OnTableFault, lineError } from './table-fault.js';

/** Longest path of a clip below its root; longer ones no file system has. */
const MAX_ID = 4096;

/** The file name of a row as an id: forward slashes, inside the root. @throws DataError where it is none. */
export function rowId(row: TableRow, column = 'filename'): string {
  const id = (row.field(column) ?? '').replaceAll('\\', '/').replace(/^\.\//, '');
  const outside = id.startsWith('/') || /^[a-z]:/i.test(id) || id.split('/').includes('..') || id.includes('\0');
  if (id !== '' && id.length <= MAX_ID && !outside) return id;
  throw lineError(row, 'not a file name.', {
    expected: 'a path below the dataset root, e.g. audio/airport-lisbon-1000-40000-a.wav',
    received: JSON.stringify(id.slice(0, 200)),
  });
}

/**
 * The label of a row: one of `scenes` where the set lists them; `undefined` where there is no such column.
 *
 * @throws DataError for an empty label.
 */
export function rowScene(
  row: TableRow,
  id: string,
  scenes: readonly string[] | undefined,
  onFault: OnTableFault,
): string | undefined {
  const scene = row.field('scene_label');
  if (scene === undefined) return undefined;
  if (scene === '') throw lineError(row, 'the scene label is empty.');
  if (scenes === undefined || scenes.includes(scene)) return scene;
  const nearest = nearestName(scene, scenes);
  const error = lineError(row, 'unknown scene label.', {
    expected: `one of ${scenes.join(', ')}`,
    received: scene,
    ...(nearest === undefined ? {} : { hint: `Did you mean "${nearest}"?` }),
  });
  onFault({ kind: 'unknown-label', id, error });
  return undefined;
}
