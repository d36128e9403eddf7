import { DataError } from '@asc/core';
import { loadFolder, loadTau, type SceneDataset } from '@asc/data';
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

/** Opens a folder of recordings: TAU layout where it has a `meta.csv`, else one subfolder a label. */
export async function openDataset(folder: string): Promise<SceneDataset> {
  return (await exists(join(folder, 'meta.csv'))) ? loadTau(folder) : loadFolder(folder);
}

async function isFolder(path: string): Promise<boolean> {
  return stat(path).then(
    (found) => found.isDirectory(),
    () => false,
  );
}

async function exists(path: string): Promise<boolean> {
  return stat(path).then(
    () => true,
    () => false,
  );
}
