import { opendir } from 'node:fs/promises';
import { basename, join, resolve } from 'node:path';
import { type ClipInfo, DataError, checkKeys, labelSpace } from '@asc/core';
import { fileExists } from '../file-exists.js';
import type { ClipList } from '../dataset/clip-table.js';
import { lazyList } from '../dataset/lazy-list.js';
import { packedNames } from '../dataset/packed-names.js';
import { pagedNumbers } from '../dataset/paged-numbers.js';
import { type SceneDataset, sceneDataset } from '../dataset/scene-dataset.js';
import { type TableFormat, scanTable } from '../dataset/scan-table.js';
import { type OnTableFault, lineError, throwFault } from '../dataset/table-fault.js';
import { type AudioSetClass, readAudioSetClasses } from './audioset-classes.js';

/** The published lists of segments. */
export const AUDIOSET_SPLITS = Object.freeze(['balanced_train', 'unbalanced_train', 'eval'] as const);
export type AudioSetSplit = (typeof AUDIOSET_SPLITS)[number];

/** What of AudioSet somebody has: clips with every event heard in them. Its labels are the classes. */
export interface AudioSetDataset extends SceneDataset {
  /** The classes, in the order of model outputs; a clip's events are names of these. */
  readonly classes: readonly AudioSetClass[];
  /** The lists that are there, and how many of their segments have no recording (videos vanish). */
  readonly lists: ReadonlyMap<AudioSetSplit, { readonly segments: number; readonly absent: number }>;
}

/** Options of {@link loadAudioSet}. */
export interface LoadAudioSetOptions {
  /** Name in messages and reports; the folder's name by default. */
  readonly name?: string;
  /** Folder of the recordings below the root. Default `clips`. */
  readonly clips?: string;
  /** Told of rows that cannot be taken, instead of failing at the first; the set is loaded without them. */
  readonly onFault?: OnTableFault;
}

/** Three comment lines, the last of which names the columns; a comma and a blank between fields. */
const SEGMENTS: TableFormat = {
  separator: 'comma',
  header: { columns: ['YTID', 'start_seconds', 'end_seconds', 'positive_labels'], atLeast: 4 },
  comment: '#',
};

/** A YouTube id has eleven characters; downloaders put a `Y` before it, or the start (and end) of the segment after it. */
const CLIP = /^Y?([\w-]{11})(?:_\d+(?:\.\d+)?){0,2}\.(?:wav|wave|flac|mp3)$/i;

/**
 * Loads AudioSet by its published lists (`class_labels_indices.csv` and those there are of `balanced_train_segments.csv`,
 * `unbalanced_train_segments.csv`, `eval_segments.csv`) and a folder of clips that somebody has: `<YouTube id>.wav`,
 * `Y<YouTube id>.wav` or `<YouTube id>_<start>[_<end>].wav`, also in folders below. Segments without a recording are left out and
 * counted. Fold 1 trains on both lists to train on, as far as they are there, and evaluates on `eval`. A clip's location is its video.
 *
 * @throws DataError naming file and line: missing or malformed lists, unknown classes, segments that stand twice, two
 * recordings of one segment; where no recording is listed.
 */
export async function loadAudioSet(root: string, options: LoadAudioSetOptions = {}): Promise<AudioSetDataset> {
  checkKeys('The options of loadAudioSet', options, ['name', 'clips', 'onFault']);
  const { clips = 'clips', onFault = throwFault } = options;
  const classes = await readAudioSetClasses(join(root, 'class_labels_indices.csv'));
  const numberOf = new Map(classes.map(({ mid, index }) => [mid, index]));
  const files = await findRecordings(root, clips);

  const ids = packedNames();
  const paths = pagedNumbers();
  // Labels of all clips one after the other, and where each clip's begin.
  const labels = pagedNumbers();
  const starts = pagedNumbers();
  const lists = new Map<AudioSetSplit, { segments: number; absent: number }>();
  let evalBegins = 0;
  for (const split of AUDIOSET_SPLITS) {
    const file = join(root, `${split}_segments.csv`);
    if (!(await fileExists(file))) continue;
    const from = ids.length;
    if (split === 'eval') evalBegins = from;
    const segments = await scanTable(file, SEGMENTS, (row) => {
      const id = row.field('YTID') ?? '';
      const at = files.ids.indexOf(id);
      const mids = (row.field('positive_labels') ?? '').split(',').map((mid) => mid.trim());
      const numbers = [...new Set(mids)].map((mid) => numberOf.get(mid));
      const unknown = numbers.indexOf(undefined);
      if (unknown >= 0) {
        const error = lineError(row, 'unknown class.', {
          expected: 'an id of class_labels_indices.csv',
          received: `${mids[unknown]}`,
        });
        onFault({ kind: 'unknown-label', id, error });
      } else if (at >= 0) {
        if (ids.add(id) < 0) {
          onFault({
            kind: 'repeated',
            id,
            error: lineError(row, `${id} stands twice.`, { expected: 'every segment once' }),
          });
          return;
        }
        paths.push(at);
        starts.push(labels.length);
        for (const number of numbers) labels.push(number as number);
      }
    });
    lists.set(split, { segments, absent: segments - (ids.length - from) });
  }
  if (ids.length === 0) throw nothingLoaded(root, clips, files.ids.length, lists.size);

  const base = resolve(root);
  const clipAt = (index: number): ClipInfo => {
    const end = index + 1 < ids.length ? starts.at(index + 1) : labels.length;
    const first = starts.at(index);
    const id = `${clips}/${files.paths.at(paths.at(index))}`;
    const events = Array.from({ length: end - first }, (_, i) => classes[labels.at(first + i)]?.name ?? '');
    const none = { scene: undefined, city: undefined, device: undefined };
    return { id, path: join(base, id), ...none, location: ids.at(index), events };
  };
  const part = (from: number, to: number): ClipList => lazyList(to - from, (i) => clipAt(from + i));
  const evalFrom = lists.has('eval') ? evalBegins : ids.length;
  const held = part(evalFrom, ids.length);
  const train = evalFrom > 0 || lists.size > 1 ? { train: part(0, evalFrom) } : {};
  const evaluate = lists.has('eval') ? { test: held, evaluate: held } : {};
  return {
    ...sceneDataset({
      name: options.name ?? basename(base),
      root: base,
      labels: labelSpace(classes.map(({ name }) => name)),
      clips: part(0, ids.length),
      splits: new Map([[1, { ...train, ...evaluate }]]),
    }),
    classes,
    lists,
  };
}

/** Recordings below the folder: YouTube ids, and paths in the same order. */
async function findRecordings(root: string, clips: string) {
  const ids = packedNames();
  const paths = packedNames();
  const visit = async (folder: string): Promise<void> => {
    const listing = await opendir(join(root, clips, folder), { bufferSize: 256 }).catch((cause: unknown) => {
      const { code } = cause as NodeJS.ErrnoException;
      throw new DataError(
        {
          what: `Cannot list ${join(root, clips, folder)}.`,
          expected: 'a folder of recordings',
          received: String(code),
        },
        { cause },
      );
    });
    for await (const entry of listing) {
      const path = folder === '' ? entry.name : `${folder}/${entry.name}`;
      if (entry.isDirectory()) await visit(path);
      const id = CLIP.exec(entry.name)?.[1];
      if (id === undefined || entry.isDirectory()) continue;
      if (ids.add(id) < 0) {
        throw new DataError({
          what: `${join(root, clips)} has two recordings of ${id}.`,
          expected: 'one',
          received: `${path} and ${paths.at(ids.indexOf(id))}`,
        });
      }
      paths.add(path);
    }
  };
  await visit('');
  return { ids, paths };
}

function nothingLoaded(root: string, clips: string, files: number, lists: number): DataError {
  if (lists === 0) {
    return new DataError({
      what: `${root} has no list of segments.`,
      expected: AUDIOSET_SPLITS.map((split) => `${split}_segments.csv`).join(' or '),
      received: 'none',
    });
  }
  return new DataError({
    what: `No recording in ${join(root, clips)} is in the lists of segments.`,
    expected: 'names such as --PJHxphWEs.wav or --PJHxphWEs_30.000.wav',
    received: `${files} recordings`,
  });
}
