import { basename, join, resolve } from 'node:path';
import {
  DataError,
  type LabelSpace,
  TAU_2020_ABSTRACTS,
  TAU_2020_SCENES,
  checkKeys,
  checkOneOf,
  labelSpace,
  tau2020Labels,
} from '@asc/core';
import { fileExists } from '../file-exists.js';
import { type ClipTable, clipTable } from './clip-table.js';
import { findSetupFiles, readSetup, splitLists, type SetupFiles } from './evaluation-setup.js';
import { type TableFormat, scanTable } from './scan-table.js';
import { type SceneDataset, sceneDataset } from './scene-dataset.js';
import { type OnTableFault, lineError, throwFault } from './table-fault.js';
import { rowId, rowScene } from './table-fields.js';
import { tauClip } from './tau-clip.js';

/** Shares of the training clips that DCASE 2024 and 2025 define lists of. */
export const TRAIN_PERCENTS = Object.freeze([5, 10, 25, 50, 100] as const);

/** Options of {@link loadTau}. */
export interface LoadTauOptions {
  /** Name in messages and reports; the folder's name by default. */
  readonly name?: string;
  /** Label space, where the set's own files must not decide it; a label outside it is an error. */
  readonly labels?: LabelSpace;
  /**
   * Take the lists of DCASE 2024 instead of `evaluation_setup/`: `split5.csv`, `split10.csv`, `split25.csv`, `split50.csv` or
   * `split100.csv` to train on and `test.csv`, in `split_setup/`.
   */
  readonly trainPercent?: (typeof TRAIN_PERCENTS)[number];
  /** Told of rows that contradict each other, instead of failing at the first; the set is loaded without them. */
  readonly onFault?: OnTableFault;
}

/**
 * Loads a set in the layout of TAU Urban Acoustic Scenes (2019, 2020 Mobile and 3Class, 2022 Mobile) by its official files:
 * `meta.csv` and `evaluation_setup/fold<n>_{train,test,evaluate}.csv` (tab-separated, with a header). Splits are taken
 * as they are, never reshuffled. An optional `classes.csv` (`scene_label`, `abstract_label`) gives the abstract classes;
 * otherwise the ten TAU scenes get the official three. Scenes are in alphabetical order. An evaluation set, which has lists
 * but no training list, may come without `meta.csv`. No audio is opened: see `verifyDataset` and `assertAudioPresent`.
 *
 * @throws DataError naming file and line: missing or malformed tables, unknown or contradictory labels, repeated rows,
 * clips of a split that `meta.csv` lacks, clips on both sides of a fold.
 */
export async function loadTau(root: string, options: LoadTauOptions = {}): Promise<SceneDataset> {
  checkKeys('The options of loadTau', options, ['name', 'labels', 'trainPercent', 'onFault']);
  const { trainPercent, onFault = throwFault } = options;
  if (trainPercent !== undefined) checkOneOf('trainPercent', trainPercent, TRAIN_PERCENTS);
  const given = options.labels ?? (await readClasses(root));
  const clips = clipTable(root);
  const setup = async (): Promise<SetupFiles> =>
    trainPercent === undefined ? findSetupFiles(root, 'csv') : findPercentFiles(root, trainPercent);
  const isListed = (await fileExists(join(root, 'meta.csv'))) || !(await isEvaluationOnly(setup));
  if (isListed) await readMeta(root, clips, given, onFault);
  const files = await setup();
  const splits = await readSetup(files, clips, {
    format: (side) => setupFormat(side === 'test' || trainPercent !== undefined),
    listedIn: 'meta.csv',
    addClip: isListed ? undefined : (row, id, scene) => clips.add(id, tauClip(row, id, scene, onFault)),
    labels: given ?? (isListed ? labelsOf(clips) : undefined),
    onFault,
  });
  // DCASE 2024 has one list of test clips; their labels are in meta.csv.
  if (trainPercent !== undefined) for (const sides of splits.values()) sides.evaluate = sides.test;
  return sceneDataset({
    name: options.name ?? basename(resolve(root)),
    root: resolve(root),
    labels: given ?? labelsOf(clips),
    clips: clips.list(),
    indexOf: clips.indexOf,
    splits: splitLists(clips, splits),
  });
}

/** A list of names alone leaves the labels to meta.csv. */
function setupFormat(namesAlone: boolean): TableFormat {
  const required = namesAlone ? ['filename'] : ['filename', 'scene_label'];
  return { separator: 'tab', header: { required } };
}

async function readMeta(
  root: string,
  clips: ClipTable,
  given: LabelSpace | undefined,
  onFault: OnTableFault,
): Promise<void> {
  const file = join(root, 'meta.csv');
  await scanTable(file, { separator: 'tab', header: { required: ['filename'] } }, (row) => {
    const id = rowId(row);
    const scene = rowScene(row, id, given?.scenes, onFault);
    if (clips.indexOf(id) >= 0) {
      onFault({ kind: 'repeated', id, error: lineError(row, `${id} stands twice.`, { expected: 'every clip once' }) });
      return;
    }
    clips.add(id, tauClip(row, id, scene, onFault));
  });
  if (clips.length === 0) throw new DataError({ what: `${file} lists no clips.`, expected: 'at least one row' });
}

function labelsOf(clips: ClipTable): LabelSpace {
  const scenes = clips.scenes();
  const within = (known: readonly string[]): boolean => scenes.every((scene) => known.includes(scene));
  // No labels at all (an evaluation set), or some of the ten: their official space, so that subsets stay comparable.
  if (within(TAU_2020_SCENES)) return tau2020Labels();
  const three = Object.keys(TAU_2020_ABSTRACTS);
  return labelSpace(within(three) ? three : [...scenes].sort());
}

async function readClasses(root: string): Promise<LabelSpace | undefined> {
  const file = join(root, 'classes.csv');
  if (!(await fileExists(file))) return undefined;
  const groups = new Map<string, string[]>();
  const scenes = new Set<string>();
  await scanTable(file, { separator: 'tab', header: { required: ['scene_label', 'abstract_label'] } }, (row) => {
    const scene = row.field('scene_label') ?? '';
    const group = row.field('abstract_label') ?? '';
    if (scene === '' || group === '') throw lineError(row, 'a label is empty.');
    if (scenes.has(scene)) throw lineError(row, `scene ${scene} stands twice.`);
    scenes.add(scene);
    groups.set(group, [...(groups.get(group) ?? []), scene]);
  });
  if (scenes.size === 0) throw new DataError({ what: `${file} lists no scenes.`, expected: 'at least one row' });
  const abstracts = [...groups].sort(([a], [b]) => (a < b ? -1 : 1));
  return labelSpace([...scenes].sort(), { abstract: Object.fromEntries(abstracts) });
}

async function isEvaluationOnly(setup: () => Promise<SetupFiles>): Promise<boolean> {
  try {
    return [...(await setup()).values()].every(({ train }) => train === undefined);
  } catch {
    return false;
  }
}

/** The lists of DCASE 2024: beside the set, in a folder of their own or among the others. */
async function findPercentFiles(root: string, percent: number): Promise<SetupFiles> {
  for (const folder of ['split_setup', 'evaluation_setup', '.']) {
    const train = join(root, folder, `split${percent}.csv`);
    if (!(await fileExists(train))) continue;
    const test = join(root, folder, 'test.csv');
    return new Map([[1, { train, test }]]);
  }
  throw new DataError({
    what: `${root} has no split${percent}.csv.`,
    expected: `split_setup/split${percent}.csv and split_setup/test.csv`,
    received: 'none',
    hint: `Put the release files split5.csv … split100.csv and test.csv of github.com/CPJKU/dcase2024_task1_baseline into ${join(root, 'split_setup')}.`,
  });
}
