import type { Dirent } from 'node:fs';
import { readdir } from 'node:fs/promises';
import { basename, join, resolve } from 'node:path';
import {
  type ClipInfo,
  DataError,
  checkFinite,
  checkKeys,
  checkOneOf,
  createRng,
  describeValue,
  labelSpace,
} from '@asc/core';
import { type FoldSplits, type SceneDataset, sceneDataset } from './scene-dataset.js';

/** Options of {@link loadFolder}. */
export interface LoadFolderOptions {
  /** Name in messages and reports; the folder's name by default. */
  readonly name?: string;
  /** Share of each label's groups that goes to the test side, in (0, 1). Default 0.25. */
  readonly testShare?: number;
  /** Seed of the split. Default 0. */
  readonly seed?: number;
  /**
   * What stays together on one side: `prefix` (default) – files whose names differ only in a last `-` or `_` and number,
   * so that `walk3-01.wav` and `walk3-02.wav` are one recording; `file` – every file by itself.
   */
  readonly groupBy?: 'prefix' | 'file';
}

const AUDIO = /\.(?:wav|wave|flac|mp3)$/i;
const LAST_NUMBER = /[-_]\d+$/;

/**
 * Loads labelled folders, `root/<label>/*.{wav,flac,mp3}`, as a dataset with one fold. Folders `train` and `test`
 * directly under the root (both, each with label folders) are taken as the split; otherwise each label's groups of files are
 * split by the seed, at least one on each side. Adding a label does not move the files of another. Labels are in alphabetical order.
 *
 * @throws DataError when a folder is missing, holds no audio, or a label cannot be split; UsageError for a bad option.
 */
export async function loadFolder(root: string, options: LoadFolderOptions = {}): Promise<SceneDataset> {
  checkKeys('The options of loadFolder', options, ['name', 'testShare', 'seed', 'groupBy']);
  const testShare = checkFinite('testShare', options.testShare ?? 0.25, { min: 0.001, max: 0.999 });
  const seed = checkFinite('seed', options.seed ?? 0);
  const groupBy = checkOneOf('groupBy', options.groupBy ?? 'prefix', ['prefix', 'file']);

  const base = resolve(root);
  const top = await subfolders(base);
  const presplit = top.includes('train') && top.includes('test');
  if (presplit && top.length > 2) {
    throw new DataError({
      what: `${base} holds label folders beside train and test.`,
      expected: 'only train/<label>/ and test/<label>/, or only <label>/',
      received: top.join(', '),
    });
  }
  const train: ClipInfo[] = [];
  const test: ClipInfo[] = [];
  const rng = createRng(seed).split('folder-split');
  if (presplit) {
    train.push(...(await readLabels(base, 'train/')).map(asClip));
    test.push(...(await readLabels(base, 'test/')).map(asClip));
    checkTested(base, train, test);
  } else {
    const files = await readLabels(base, '');
    for (const [label, members] of groupsBy(files, (file) => file.label)) {
      const groups = groupsBy(members, (file) => (groupBy === 'file' ? file.stem : file.stem.replace(LAST_NUMBER, '')));
      if (groups.length < 2) throw oneGroup(base, label, groups[0]?.[0] ?? '', members.length);
      const order = rng.split(label).permutation(groups.length);
      const held = Math.min(groups.length - 1, Math.max(1, Math.round(groups.length * testShare)));
      const heldOut = new Set(order.slice(0, held));
      groups.forEach(([group, grouped], i) => {
        const side = heldOut.has(i) ? test : train;
        for (const file of grouped) side.push({ ...asClip(file), location: `${label}/${group}` });
      });
    }
  }
  const clips = [...train, ...test].sort((a, b) => (a.id < b.id ? -1 : 1));
  const fold: FoldSplits = { train, test, evaluate: test };
  return sceneDataset({
    name: options.name ?? basename(base),
    root: base,
    labels: labelSpace([...new Set(clips.map((clip) => clip.scene ?? ''))].sort()),
    clips,
    splits: new Map([[1, fold]]),
  });
}

interface LabelledFile {
  readonly id: string;
  readonly path: string;
  readonly label: string;
  readonly stem: string;
}

function asClip(file: LabelledFile): ClipInfo {
  const { id, path, label } = file;
  return { id, path, scene: label, city: undefined, location: undefined, device: undefined };
}

/** Groups in order of their key. */
function groupsBy<T>(items: readonly T[], key: (item: T) => string): [string, T[]][] {
  const groups = new Map<string, T[]>();
  for (const item of items) {
    const name = key(item);
    const members = groups.get(name);
    if (members === undefined) groups.set(name, [item]);
    else members.push(item);
  }
  return [...groups].sort(([a], [b]) => (a < b ? -1 : 1));
}

async function list(folder: string): Promise<Dirent[]> {
  try {
    const entries = await readdir(folder, { withFileTypes: true });
    // Sorted by code unit: the order of a listing differs between file systems.
    return entries.filter((entry) => !entry.name.startsWith('.')).sort((a, b) => (a.name < b.name ? -1 : 1));
  } catch (cause) {
    throw new DataError(
      {
        what: `Cannot list ${folder}.`,
        expected: 'a folder with one subfolder of recordings per label',
        received: (cause as NodeJS.ErrnoException).code ?? String(cause),
        hint: 'Check the path.',
      },
      { cause },
    );
  }
}

async function subfolders(folder: string): Promise<string[]> {
  return (await list(folder)).filter((entry) => entry.isDirectory() || entry.isSymbolicLink()).map(({ name }) => name);
}

async function readLabels(base: string, prefix: string): Promise<LabelledFile[]> {
  const labels = await subfolders(join(base, prefix));
  const files: LabelledFile[] = [];
  for (const label of labels) {
    const folder = join(base, prefix, label);
    const names = (await list(folder)).filter((entry) => !entry.isDirectory() && AUDIO.test(entry.name));
    if (names.length === 0) {
      throw new DataError({ what: `${folder} holds no recordings.`, expected: '.wav, .flac or .mp3 files' });
    }
    for (const { name } of names) {
      files.push({ id: `${prefix}${label}/${name}`, path: join(folder, name), label, stem: name.replace(AUDIO, '') });
    }
  }
  if (files.length > 0) return files;
  throw new DataError({
    what: `${join(base, prefix)} holds no label folders.`,
    expected: 'one subfolder of recordings per label',
    hint: 'A set in TAU layout has a meta.csv here instead.',
  });
}

function checkTested(base: string, train: readonly ClipInfo[], test: readonly ClipInfo[]): void {
  const trained = new Set(train.map((clip) => clip.scene));
  const stranger = test.find((clip) => !trained.has(clip.scene));
  if (stranger === undefined) return;
  throw new DataError({
    what: `${join(base, 'test')} has a label that train lacks.`,
    expected: `one of ${[...trained].join(', ')}`,
    received: describeValue(stranger.scene),
  });
}

function oneGroup(base: string, label: string, group: string, files: number): DataError {
  return new DataError({
    what: `${join(base, label)} cannot be split into train and test: its ${files} files are one group, "${group}".`,
    expected: 'at least two groups of files',
    hint: 'If the files are independent recordings set groupBy: "file"; or lay out train/<label>/ and test/<label>/.',
  });
}
