import { access, readdir } from 'node:fs/promises';
import { basename, join, resolve } from 'node:path';
import { type ClipInfo, DataError, type LabelSpace, TAU_2020_SCENES, labelSpace, tau2020Labels } from '@asc/core';
import { type Table, type TableRow, readTable } from './read-table.js';
import { type FoldSplits, type SceneDataset, type SplitName, sceneDataset } from './scene-dataset.js';
import { lineError, readMeta, rowId, rowScene } from './tau-meta.js';

/** Options of {@link loadTau}. */
export interface LoadTauOptions {
  /** Name in messages and reports; the folder's name by default. */
  readonly name?: string;
  /** Label space, where the set's own files must not decide it; a label outside it is an error. */
  readonly labels?: LabelSpace;
}

/**
 * Loads a set in the layout of TAU Urban Acoustic Scenes (2019, 2020 Mobile, 2022 Mobile) by its official files:
 * `meta.csv` and `evaluation_setup/fold<n>_{train,test,evaluate}.csv` (tab-separated, with a header). Splits are taken
 * as they are, never reshuffled. An optional `classes.csv` (`scene_label`, `abstract_label`) gives the abstract classes;
 * otherwise the ten TAU scenes get the official three. Scenes are in alphabetical order. No audio is opened: see
 * `verifyDataset` and `assertAudioPresent`.
 *
 * @throws DataError naming file and line: missing or malformed tables, unknown or contradictory labels, repeated rows,
 * clips of a split that `meta.csv` lacks, clips on both sides of a fold.
 */
export async function loadTau(root: string, options: LoadTauOptions = {}): Promise<SceneDataset> {
  const given = options.labels ?? (await readClasses(root));
  const meta = await readTable(join(root, 'meta.csv'), ['filename']);
  const clips = readMeta(root, meta, given);
  if (clips.size === 0) throw new DataError({ what: `${meta.file} lists no clips.`, expected: 'at least one row' });
  const labels = given ?? labelsOf(clips.values());
  const splits = await readSplits(root, clips, labels);
  return sceneDataset({
    name: options.name ?? basename(resolve(root)),
    root: resolve(root),
    labels,
    clips: [...clips.values()],
    splits,
  });
}

function labelsOf(clips: Iterable<ClipInfo>): LabelSpace {
  const scenes = new Set<string>();
  for (const { scene } of clips) if (scene !== undefined) scenes.add(scene);
  // No labels at all (an evaluation set), or some of the ten: their official space, so that subsets stay comparable.
  if ([...scenes].every((scene) => (TAU_2020_SCENES as readonly string[]).includes(scene))) return tau2020Labels();
  return labelSpace([...scenes].sort());
}

async function readClasses(root: string): Promise<LabelSpace | undefined> {
  const file = join(root, 'classes.csv');
  try {
    await access(file);
  } catch {
    return undefined;
  }
  const table = await readTable(file, ['scene_label', 'abstract_label']);
  const scenes: string[] = [];
  const groups = new Map<string, string[]>();
  for (const row of table.rows) {
    const scene = row.field('scene_label') ?? '';
    const group = row.field('abstract_label') ?? '';
    if (scene === '' || group === '') throw lineError(table, row, 'a label is empty.');
    if (scenes.includes(scene)) throw lineError(table, row, `scene ${scene} stands twice.`);
    scenes.push(scene);
    groups.set(group, [...(groups.get(group) ?? []), scene]);
  }
  if (scenes.length === 0) throw new DataError({ what: `${file} lists no scenes.`, expected: 'at least one row' });
  const abstracts = [...groups].sort(([a], [b]) => (a < b ? -1 : 1));
  return labelSpace(scenes.sort(), { abstract: Object.fromEntries(abstracts) });
}

const SPLIT_FILE = /^fold([1-9]\d*)_(train|test|evaluate)\.csv$/;

async function readSplits(
  root: string,
  clips: ReadonlyMap<string, ClipInfo>,
  labels: LabelSpace,
): Promise<Map<number, FoldSplits>> {
  const folder = join(root, 'evaluation_setup');
  const files = await readdir(folder).catch((cause: unknown) => {
    throw new DataError(
      {
        what: `Cannot list ${folder}.`,
        expected: 'the official fold1_train.csv, fold1_test.csv and fold1_evaluate.csv',
        received: (cause as NodeJS.ErrnoException).code ?? String(cause),
        hint: 'Unpack the meta archive of the set into its root.',
      },
      { cause },
    );
  });
  const splits = new Map<number, Partial<Record<SplitName, readonly ClipInfo[]>>>();
  for (const file of files.sort()) {
    const [, fold, which] = SPLIT_FILE.exec(file) ?? [];
    if (fold === undefined || which === undefined) continue;
    const side = which as SplitName;
    const required = side === 'test' ? ['filename'] : ['filename', 'scene_label'];
    const table = await readTable(join(folder, file), required);
    const sides = splits.get(Number(fold)) ?? {};
    sides[side] = readSplit(table, clips, labels);
    splits.set(Number(fold), sides);
  }
  if (splits.size === 0) {
    throw new DataError({
      what: `${folder} holds no splits.`,
      expected: 'files such as fold1_train.csv',
      received: files.length === 0 ? 'an empty folder' : files.slice(0, 5).join(', '),
    });
  }
  for (const [fold, sides] of splits) checkSides(folder, fold, sides);
  return splits;
}

function readSplit(table: Table, clips: ReadonlyMap<string, ClipInfo>, labels: LabelSpace): readonly ClipInfo[] {
  const lineOf = new Map<string, number>();
  return table.rows.map((row) => {
    const id = rowId(table, row);
    const first = lineOf.get(id);
    if (first !== undefined) throw lineError(table, row, `${id} stands twice, first in line ${first}.`);
    lineOf.set(id, row.line);
    const clip = clips.get(id);
    if (clip === undefined) {
      throw lineError(table, row, `${id} is not in meta.csv.`, {
        hint: 'meta.csv and evaluation_setup/ must come from the same release of the set.',
      });
    }
    return withLabel(table, row, clip, labels);
  });
}

/** The clip, with the label of the split where `meta.csv` gives none; two labels must agree. */
function withLabel(table: Table, row: TableRow, clip: ClipInfo, labels: LabelSpace): ClipInfo {
  const scene = rowScene(table, row, labels.scenes);
  if (scene === undefined || scene === clip.scene) return clip;
  if (clip.scene === undefined) return { ...clip, scene };
  throw lineError(table, row, `${clip.id} has another scene label than in meta.csv.`, {
    expected: clip.scene,
    received: scene,
  });
}

function checkSides(folder: string, fold: number, sides: FoldSplits): void {
  const trained = new Set(sides.train?.map((clip) => clip.id));
  for (const side of ['test', 'evaluate'] as const) {
    const both = sides[side]?.filter((clip) => trained.has(clip.id)) ?? [];
    if (both.length === 0) continue;
    throw new DataError({
      what: `${join(folder, `fold${fold}_${side}.csv`)} repeats clips of fold${fold}_train.csv.`,
      expected: 'no clip on both sides',
      received: `${both.length}, e.g. ${both[0]?.id}`,
    });
  }
}
