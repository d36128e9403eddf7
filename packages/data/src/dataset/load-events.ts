import { basename, join, resolve } from 'node:path';
import { type ClipInfo, DataError, checkKeys, labelSpace } from '@asc/core';
import { fileExists } from '../file-exists.js';
import { scanTable } from './scan-table.js';
import { type SceneDataset, sceneDataset } from './scene-dataset.js';
import { lineError } from './table-fault.js';
import { rowId } from './table-fields.js';

/** Options of {@link loadEvents}. */
export interface LoadEventsOptions {
  /** Name in messages and reports; the folder's name by default. */
  readonly name?: string;
}

/** The table that makes a folder a set of sound events. */
export const EVENTS_TABLE = 'events.csv';

/**
 * Loads recordings labelled with the sound events heard in them, any number each: `events.csv` (comma-separated, with the
 * columns `filename`, `events`, separated by semicolons, and `split`, `train` or `test`) beside the recordings. Its labels are
 * the events: of `labels.csv` (a column `event`) in that order where there is one, else those that occur, in alphabetical
 * order. One fold.
 *
 * @throws DataError naming file and line: a missing or malformed table, repeated clips or events, events that `labels.csv` lacks.
 */
export async function loadEvents(root: string, options: LoadEventsOptions = {}): Promise<SceneDataset> {
  checkKeys('The options of loadEvents', options, ['name']);
  const base = resolve(root);
  const known = await readLabels(base);
  const clips = new Map<string, ClipInfo>();
  const sides: Record<'train' | 'test', ClipInfo[]> = { train: [], test: [] };
  const occurring = new Set<string>();
  const required = ['filename', 'events', 'split'];
  await scanTable(join(base, EVENTS_TABLE), { separator: 'comma', header: { required } }, (row) => {
    const id = rowId(row);
    if (clips.has(id)) throw lineError(row, `${id} stands twice.`, { expected: 'every clip once' });
    const events = (row.field('events') ?? '').split(';').flatMap((event) => event.trim() || []);
    const twice = events.find((event, i) => events.indexOf(event) !== i);
    if (twice !== undefined) throw lineError(row, `the event ${twice} stands twice.`);
    const stranger = events.find((event) => known !== undefined && !known.has(event));
    if (stranger !== undefined) throw lineError(row, `the event ${stranger} is not in labels.csv.`);
    for (const event of events) occurring.add(event);
    const side = row.field('split');
    if (side !== 'train' && side !== 'test') {
      throw lineError(row, 'not a split.', { expected: 'train or test', received: `${side}` });
    }
    const none = { scene: undefined, city: undefined, location: undefined, device: undefined };
    const clip: ClipInfo = { id, path: join(base, id), ...none, events };
    clips.set(id, clip);
    sides[side].push(clip);
  });
  const labels = [...(known ?? [...occurring].sort())];
  if (labels.length === 0) {
    throw new DataError({ what: `${join(base, EVENTS_TABLE)} names no events.`, expected: 'at least one' });
  }
  return sceneDataset({
    name: options.name ?? basename(base),
    root: base,
    labels: labelSpace(labels),
    clips: [...clips.values()],
    splits: new Map([[1, { train: sides.train, test: sides.test, evaluate: sides.test }]]),
  });
}

async function readLabels(base: string): Promise<ReadonlySet<string> | undefined> {
  const file = join(base, 'labels.csv');
  if (!(await fileExists(file))) return undefined;
  const labels = new Set<string>();
  await scanTable(file, { separator: 'comma', header: { required: ['event'] } }, (row) => {
    const event = row.field('event') ?? '';
    if (event === '' || labels.has(event)) throw lineError(row, `the event "${event}" is empty or stands twice.`);
    labels.add(event);
  });
  return labels;
}
