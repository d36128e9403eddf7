import { basename, join, resolve } from 'node:path';
import { DataError, type LabelSpace, checkKeys, labelSpace } from '@asc/core';
import { clipTable } from './clip-table.js';
import { splitLists } from './evaluation-setup.js';
import { type PagedNumbers, pagedNumbers } from './paged-numbers.js';
import { scanTable } from './scan-table.js';
import { type SceneDataset, sceneDataset } from './scene-dataset.js';
import { type OnTableFault, lineError, throwFault } from './table-fault.js';
import { rowId } from './table-fields.js';

/** Options of {@link loadEsc50}. */
export interface LoadEsc50Options {
  /** Name in messages and reports; the folder's name by default. */
  readonly name?: string;
  /** Only the clips of the smaller ESC-10. Default: all. */
  readonly esc10?: boolean;
  /** Told of rows that contradict each other, instead of failing at the first; the set is loaded without them. */
  readonly onFault?: OnTableFault;
}

/**
 * Loads a set laid out as ESC-50: `meta/esc50.csv` (comma-separated, with the columns `filename`, `fold` and `category`, and
 * perhaps `src_file` and `esc10`) and `audio/`. Fold n evaluates on the clips of fold n and trains on all others. The location
 * is `src_file`, the recording a clip was cut from. Categories are in alphabetical order.
 *
 * @throws DataError naming file and line: a missing or malformed table, a fold that is no whole number, repeated clips, fewer
 * than two folds.
 */
export async function loadEsc50(root: string, options: LoadEsc50Options = {}): Promise<SceneDataset> {
  checkKeys('The options of loadEsc50', options, ['name', 'esc10', 'onFault']);
  const { esc10 = false, onFault = throwFault } = options;
  const file = join(root, 'meta', 'esc50.csv');
  const clips = clipTable(root);
  const foldOf: number[] = [];
  const required = ['filename', 'fold', 'category', ...(esc10 ? ['esc10'] : [])];
  await scanTable(file, { separator: 'comma', header: { required } }, (row) => {
    if (esc10 && row.field('esc10')?.toLowerCase() !== 'true') return;
    const id = `audio/${rowId(row)}`;
    const scene = row.field('category') ?? '';
    if (scene === '') throw lineError(row, 'the category is empty.');
    const fold = Number(row.field('fold') || Number.NaN);
    if (!Number.isInteger(fold) || fold < 1) {
      throw lineError(row, 'not a fold.', { expected: 'a whole number from 1 on', received: `${row.field('fold')}` });
    }
    const location = row.field('src_file') || undefined;
    if (clips.add(id, { scene, city: undefined, location, device: undefined }) < 0) {
      onFault({ kind: 'repeated', id, error: lineError(row, `${id} stands twice.`, { expected: 'every clip once' }) });
    } else foldOf.push(fold);
  });
  const folds = [...new Set(foldOf)].sort((a, b) => a - b);
  if (folds.length < 2) {
    throw new DataError({
      what: `${file} has ${clips.length} clips in ${folds.length} folds.`,
      expected: 'at least two folds, so that one can be held out',
      received: folds.length === 0 ? 'none' : `fold ${folds.join(', ')}`,
    });
  }
  const chosen = (wanted: (fold: number) => boolean): PagedNumbers => {
    const indices = pagedNumbers();
    foldOf.forEach((fold, i) => wanted(fold) && indices.push(i));
    return indices;
  };
  const splits = new Map(
    folds.map((held) => {
      const evaluate = chosen((fold) => fold === held);
      return [held, { train: chosen((fold) => fold !== held), test: evaluate, evaluate }] as const;
    }),
  );
  const labels: LabelSpace = labelSpace([...clips.scenes()].sort());
  return sceneDataset({
    name: options.name ?? basename(resolve(root)),
    root: resolve(root),
    labels,
    clips: clips.list(),
    indexOf: clips.indexOf,
    splits: splitLists(clips, splits),
  });
}
