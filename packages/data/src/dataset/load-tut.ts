import { basename, join, resolve } from 'node:path';
import { DataError, type LabelSpace, checkKeys } from '@asc/core';
import { fileExists } from '../file-exists.js';
import { type ClipTable, clipTable } from './clip-table.js';
import { findSetupFiles, readSetup, splitLists } from './evaluation-setup.js';
import { type TableFormat, scanTable } from './scan-table.js';
import { type SceneDataset, sceneDataset } from './scene-dataset.js';
import { type OnTableFault, lineError, throwFault } from './table-fault.js';
import { rowId, rowScene } from './table-fields.js';
import { tut2017Labels } from './tut-labels.js';

/** Options of {@link loadTut}. */
export interface LoadTutOptions {
  /** Name in messages and reports; the folder's name by default. */
  readonly name?: string;
  /** Label space; the fifteen scenes of 2017 by default. A label outside it is an error. */
  readonly labels?: LabelSpace;
  /** Told of rows that contradict each other, instead of failing at the first; the set is loaded without them. */
  readonly onFault?: OnTableFault;
}

/** A TUT set, and which of its recordings have known errors. */
export interface TutDataset extends SceneDataset {
  /** Ids that `error.txt` names (a part of the recording is faulty), in its order; none where there is no such file. */
  readonly flawed: readonly string[];
  /** Rows of `error.txt`; a recording may have several. */
  readonly errorRows: number;
}

/** No table of the set has a header; later columns may be left out, and are not used. */
function headerless(columns: readonly string[], atLeast: number): TableFormat {
  return { separator: 'tab', header: { columns, atLeast } };
}

/**
 * Loads TUT Acoustic Scenes 2017 (development or evaluation) by its official files, which have no headers: `meta.txt` (file,
 * scene, identifier), `evaluation_setup/fold<n>_{train,test,evaluate}.txt` or, without training lists, `test.txt`,
 * `evaluate.txt` and an optional `map.txt` (file, original name), and an optional `error.txt`. The location is the
 * identifier, which is the part of the name before the first `_`. There are no cities and no devices.
 *
 * @throws DataError naming file and line, as `loadTau`.
 */
export async function loadTut(root: string, options: LoadTutOptions = {}): Promise<TutDataset> {
  checkKeys('The options of loadTut', options, ['name', 'labels', 'onFault']);
  const { labels = tut2017Labels(), onFault = throwFault } = options;
  const clips = clipTable(root);
  const isListed = await fileExists(join(root, 'meta.txt'));
  if (isListed) await readMeta(root, clips, labels, onFault);
  const files = await findSetupFiles(root, 'txt');
  if (!isListed && [...files.values()].some(({ train }) => train !== undefined)) {
    throw new DataError({
      what: `Cannot read ${join(root, 'meta.txt')}.`,
      expected: 'the list of all recordings, beside evaluation_setup/',
      received: 'no such file',
      hint: 'Unpack the meta archive of the set into its root.',
    });
  }
  const originals = isListed ? new Map<string, string>() : await readMap(root);
  const splits = await readSetup(files, clips, {
    format: (side) => headerless(['filename', 'scene_label', 'identifier'], side === 'test' ? 1 : 2),
    listedIn: 'meta.txt',
    addClip: isListed
      ? undefined
      : (_, id, scene) => clips.add(id, tutClip(scene, recordingOf(originals.get(id) ?? id))),
    labels,
    onFault,
  });
  return {
    ...sceneDataset({
      name: options.name ?? basename(resolve(root)),
      root: resolve(root),
      labels,
      clips: clips.list(),
      indexOf: clips.indexOf,
      splits: splitLists(clips, splits),
    }),
    ...(await readErrors(root, clips)),
  };
}

function tutClip(scene: string | undefined, location: string | undefined) {
  return { scene, city: undefined, location, device: undefined };
}

/** `<recording>_<start s>_<end s>.wav`; other names, such as the anonymous ones of the evaluation set, tell nothing. */
const NAME = /^(?:.*\/)?([^/_]+)_\d+_\d+\.[a-z0-9]+$/i;

function recordingOf(id: string): string | undefined {
  return NAME.exec(id)?.[1];
}

async function readMeta(root: string, clips: ClipTable, labels: LabelSpace, onFault: OnTableFault): Promise<void> {
  const file = join(root, 'meta.txt');
  await scanTable(file, headerless(['filename', 'scene_label', 'identifier'], 2), (row) => {
    const id = rowId(row);
    const scene = rowScene(row, id, labels.scenes, onFault);
    const named = recordingOf(id);
    const identifier = row.field('identifier') || undefined;
    if (clips.add(id, tutClip(scene, identifier ?? named)) < 0) {
      onFault({ kind: 'repeated', id, error: lineError(row, `${id} stands twice.`, { expected: 'every clip once' }) });
    } else if (identifier !== undefined && named !== undefined && identifier !== named) {
      const error = lineError(row, 'the file name and the identifier disagree.', {
        expected: `${named} (from ${id})`,
        received: identifier,
        hint: 'The table or the name was edited: restore the official meta.txt.',
      });
      onFault({ kind: 'contradiction', id, error });
    }
  });
  if (clips.length === 0) throw new DataError({ what: `${file} lists no clips.`, expected: 'at least one row' });
}

/** Anonymous names of an evaluation set to the original ones. */
async function readMap(root: string): Promise<Map<string, string>> {
  const file = join(root, 'evaluation_setup', 'map.txt');
  const originals = new Map<string, string>();
  if (!(await fileExists(file))) return originals;
  await scanTable(file, headerless(['filename', 'original'], 2), (row) => {
    originals.set(rowId(row), row.field('original') ?? '');
  });
  return originals;
}

async function readErrors(root: string, clips: ClipTable): Promise<{ flawed: readonly string[]; errorRows: number }> {
  const file = join(root, 'error.txt');
  if (!(await fileExists(file))) return { flawed: [], errorRows: 0 };
  const flawed = new Set<string>();
  // What stands after the name is not read: which part is faulty, in words or seconds.
  const columns = ['filename', ...Array.from({ length: 7 }, (_, i) => `detail ${i + 1}`)];
  const errorRows = await scanTable(file, headerless(columns, 1), (row) => {
    const id = rowId(row);
    if (clips.indexOf(id) >= 0) flawed.add(id);
  });
  return { flawed: [...flawed], errorRows };
}
