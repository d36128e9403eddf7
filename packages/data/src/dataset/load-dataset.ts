import { join } from 'node:path';
import { UsageError, checkKeys } from '@asc/core';
import { loadAudioSet } from '../audioset/load-audioset.js';
import { fileExists } from '../file-exists.js';
import { type DatasetEntry, datasetEntry } from './catalogue.js';
import { type FactCheck, checkFacts } from './check-facts.js';
import { loadEsc50 } from './load-esc50.js';
import { type LoadTauOptions, loadTau } from './load-tau.js';
import { loadTut } from './load-tut.js';
import { type SceneDataset, assertDisjoint } from './scene-dataset.js';
import type { OnTableFault } from './table-fault.js';

/** Options of {@link loadDataset}. */
export interface LoadDatasetOptions {
  /** Which of the lists of DCASE 2024 to train on; of TAU 2022 Mobile alone. */
  readonly trainPercent?: NonNullable<LoadTauOptions['trainPercent']>;
  /** Told of rows that contradict each other, instead of failing at the first; shared locations are no error then. */
  readonly onFault?: OnTableFault;
}

/** A published set as it lies on disk. */
export interface PublishedDataset extends SceneDataset {
  readonly entry: DatasetEntry;
  /** What the set should hold beside what its tables do hold. Differences are told, not raised: a part of a set is a set. */
  readonly facts: readonly FactCheck[];
}

/**
 * Loads a published set by name from the folder its archives were unpacked into, or from the one above.
 *
 * @throws UsageError for an unknown name; DataError as the loaders say, or where a fold trains and
 * evaluates on the same location.
 */
export async function loadDataset(
  name: string,
  root: string,
  options: LoadDatasetOptions = {},
): Promise<PublishedDataset> {
  checkKeys('The options of loadDataset', options, ['trainPercent', 'onFault']);
  const entry = datasetEntry(name);
  if (options.trainPercent !== undefined && entry.name !== 'tau2022-mobile') {
    throw new UsageError({
      what: `The lists of DCASE 2024 are not of ${entry.name}.`,
      expected: 'trainPercent with tau2022-mobile',
      received: `trainPercent ${options.trainPercent} with ${entry.name}`,
    });
  }
  const { dataset, errorRows } = await open(entry, await publishedRoot(entry, root), options);
  if (options.onFault === undefined) {
    for (const fold of dataset.folds) {
      const sides = dataset.sides(fold);
      if (sides.includes('train') && sides.length > 1) assertDisjoint(dataset, fold);
    }
  }
  const { foldSizes, ...facts } = entry.facts;
  const known = options.trainPercent === undefined && foldSizes !== undefined ? { ...facts, foldSizes } : facts;
  return { ...dataset, entry, facts: checkFacts(dataset, known, errorRows) };
}

/** The folder of a set: `root`, or the one in it that its archives unpack into. */
export async function publishedRoot({ folder }: DatasetEntry, root: string): Promise<string> {
  const inside = join(root, folder);
  return (await fileExists(inside)) ? inside : root;
}

async function open(
  entry: DatasetEntry,
  root: string,
  { trainPercent, onFault }: LoadDatasetOptions,
): Promise<{ dataset: SceneDataset; errorRows?: number }> {
  const told = onFault === undefined ? {} : { onFault };
  const options = { name: entry.title, ...told };
  switch (entry.layout) {
    case 'tau':
      return { dataset: await loadTau(root, trainPercent === undefined ? options : { ...options, trainPercent }) };
    case 'tut': {
      const dataset = await loadTut(root, options);
      // Only the development set has an error.txt; where it was left out, its rows are not missing.
      return dataset.errorRows === 0 ? { dataset } : { dataset, errorRows: dataset.errorRows };
    }
    case 'esc50':
      return { dataset: await loadEsc50(root, options) };
    case 'audioset':
      return { dataset: await loadAudioSet(root, options) };
  }
}
