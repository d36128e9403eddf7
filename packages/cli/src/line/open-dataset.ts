import { DataError } from '@asc/core';
import {
  datasetCatalogue,
  datasetEntry,
  loadDataset,
  EVENTS_TABLE,
  loadEsc50,
  loadEvents,
  loadFolder,
  loadTau,
  loadTut,
  type OnTableFault,
  type SceneDataset,
} from '@asc/data';
import type { Recipe } from '@asc/train';
import { stat } from 'node:fs/promises';
import { isAbsolute, join, resolve } from 'node:path';

/** Where a dataset given by a relative path may lie, in the order they are tried. */
export interface DataPlaces {
  /** The folder of the recipe that names it. */
  readonly recipeFolder?: string | undefined;
  /** `ASC_DATA_DIR`, the folder datasets are kept in; where it is not set, `data` and `../shared/data`. */
  readonly dataDir?: string | undefined;
}

/** The first place `root` is found at. @throws DataError naming the places looked at. */
export async function findDataset(root: string, places: DataPlaces = {}): Promise<string> {
  return findFolder(root, places, {
    what: `The dataset "${root}" is not there.`,
    hint: 'Give --dataset DIR, or set ASC_DATA_DIR to the folder your datasets lie in; `asc dataset synth` makes one.',
  });
}

/** The first place the folder `root` is found at, as for a dataset. @throws DataError as said, naming the places looked at. */
export async function findFolder(
  root: string,
  places: DataPlaces,
  missing: { readonly what: string; readonly hint: string },
): Promise<string> {
  const kept = places.dataDir === undefined ? ['data', '../shared/data'] : [places.dataDir];
  const recipe = places.recipeFolder === undefined ? [] : [places.recipeFolder];
  const tried = isAbsolute(root) ? [root] : ['.', ...recipe, ...kept].map((folder) => resolve(folder, root));
  for (const place of tried) if (await isFolder(place)) return place;
  throw new DataError({
    ...missing,
    expected: `a folder at ${[...new Set(tried)].join(' or ')}`,
    received: 'none',
  });
}

/** Whether `asc dataset list` names it. */
export function isPublished(name: string): boolean {
  return datasetCatalogue().some((entry) => entry.name === name);
}

/** The dataset a recipe names. A published set without a root is looked for by the name of its folder. */
export async function openRecipeDataset(dataset: Recipe['dataset'], places: DataPlaces = {}): Promise<SceneDataset> {
  const { kind, root } = dataset;
  const folder = await findDataset(root ?? (isPublished(kind) ? datasetEntry(kind).folder : kind), places);
  switch (kind) {
    case 'tau':
    case 'synthetic':
      return loadTau(folder);
    case 'events':
      return loadEvents(folder);
    case 'folder':
      return loadFolder(folder);
    case 'tau2022-mobile': {
      const { trainPercent } = dataset;
      return loadDataset(kind, folder, trainPercent === undefined ? {} : { trainPercent });
    }
    default:
      return loadDataset(kind, folder);
  }
}

/** Opens a folder of recordings by what lies in it: the tables of TAU, TUT or ESC-50, of sound events, else one subfolder a label. */
export async function openDataset(folder: string, onFault?: OnTableFault): Promise<SceneDataset> {
  const told = onFault === undefined ? {} : { onFault };
  // Evaluation sets come with their lists alone.
  if (await hasOne(folder, ['meta.csv', 'evaluation_setup/fold1_test.csv', 'evaluation_setup/test.csv'])) {
    return loadTau(folder, told);
  }
  if (await isThere(join(folder, EVENTS_TABLE))) return loadEvents(folder);
  if (await hasOne(folder, ['meta.txt', 'evaluation_setup/test.txt'])) return loadTut(folder, told);
  if (await isThere(join(folder, 'meta', 'esc50.csv'))) return loadEsc50(folder, told);
  return loadFolder(folder);
}

async function isFolder(path: string): Promise<boolean> {
  return stat(path).then(
    (found) => found.isDirectory(),
    () => false,
  );
}

async function hasOne(folder: string, names: readonly string[]): Promise<boolean> {
  for (const name of names) if (await isThere(join(folder, name))) return true;
  return false;
}

async function isThere(path: string): Promise<boolean> {
  return stat(path).then(
    () => true,
    () => false,
  );
}
