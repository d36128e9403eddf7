import { resolve, sep } from 'node:path';
import { type ClipInfo, DataError, type LabelSpace, nearestName } from '@asc/core';
import { type Table, type TableRow } from './read-table.js';
import { type TauName, parseTauName } from './tau-name.js';

/** A {@link DataError} at a line of a table. */
export function lineError(
  table: Table,
  row: TableRow,
  what: string,
  more: { readonly expected?: string; readonly received?: string; readonly hint?: string } = {},
): DataError {
  return new DataError({ what: `${table.file}:${row.line}: ${what}`, ...more });
}

/** The file name of a row as an id: forward slashes, inside the root. */
export function rowId(table: Table, row: TableRow): string {
  const id = (row.field('filename') ?? '').replaceAll('\\', '/').replace(/^\.\//, '');
  const outside = id.startsWith('/') || /^[a-z]:/i.test(id) || id.split('/').includes('..') || id.includes('\0');
  if (id !== '' && !outside) return id;
  throw lineError(table, row, 'not a file name.', {
    expected: 'a path below the dataset root, e.g. audio/airport-lisbon-1000-40000-a.wav',
    received: JSON.stringify(id),
  });
}

/** The label of a row: one of `scenes` where the set lists them. */
export function rowScene(table: Table, row: TableRow, scenes: readonly string[] | undefined): string | undefined {
  const scene = row.field('scene_label');
  if (scene === undefined) return undefined;
  if (scene === '') throw lineError(table, row, 'the scene label is empty.');
  if (scenes === undefined || scenes.includes(scene)) return scene;
  const nearest = nearestName(scene, scenes);
  throw lineError(table, row, 'unknown scene label.', {
    expected: `one of ${scenes.join(', ')}`,
    received: scene,
    ...(nearest === undefined ? {} : { hint: `Did you mean "${nearest}"?` }),
  });
}

/**
 * Turns the rows of `meta.csv` into clips, by id. Columns win over the file name; where both speak they must agree.
 *
 * @throws DataError naming file and line for a bad, repeated or contradictory row.
 */
export function readMeta(root: string, table: Table, labels: LabelSpace | undefined): Map<string, ClipInfo> {
  const clips = new Map<string, ClipInfo>();
  const lineOf = new Map<string, number>();
  const prefix = resolve(root) + sep;
  for (const row of table.rows) {
    const id = rowId(table, row);
    const scene = rowScene(table, row, labels?.scenes);
    if (clips.has(id)) throw lineError(table, row, `${id} stands twice, first in line ${lineOf.get(id)}.`);
    const name = parseTauName(id);
    const identifier = row.field('identifier') || undefined;
    const device = row.field('source_label') || undefined;
    if (name !== undefined) checkName(table, row, name, { scene, identifier, device });
    clips.set(id, {
      id,
      path: prefix + (sep === '/' ? id : id.replaceAll('/', sep)),
      scene,
      city: name?.city,
      location: identifier ?? (name && `${name.city}-${name.location}`),
      device: device ?? name?.device,
    });
    lineOf.set(id, row.line);
  }
  return clips;
}

function checkName(
  table: Table,
  row: TableRow,
  name: TauName,
  said: { readonly [K in 'scene' | 'identifier' | 'device']: string | undefined },
): void {
  const place = `${name.city}-${name.location}`;
  const clash = (column: string, inTable: string, inName: string): DataError =>
    lineError(table, row, `the file name and the column ${column} disagree.`, {
      expected: `${inName} (from ${row.field('filename')})`,
      received: inTable,
      hint: 'The table or the name was edited: restore the official meta.csv.',
    });
  if (said.scene !== undefined && said.scene !== name.scene) throw clash('scene_label', said.scene, name.scene);
  if (said.device !== undefined && said.device !== name.device) throw clash('source_label', said.device, name.device);
  // Some official sets write city-location, others append the segment.
  const { identifier } = said;
  if (identifier !== undefined && identifier !== place && !identifier.startsWith(`${place}-`)) {
    throw clash('identifier', identifier, place);
  }
}
