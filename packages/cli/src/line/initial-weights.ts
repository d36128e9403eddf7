import { DataError, type NdArrays } from '@asc/core';
import { decodeSafetensors, readCheckpoint, readRun } from '@asc/train';
import { readFile, stat } from 'node:fs/promises';
import { isAbsolute, resolve } from 'node:path';
import type { DataPlaces } from './open-dataset.js';

/**
 * The first place a run or file of weights is found at: here, or beside the recipe.
 *
 * @param options.optional gives `from` back where there is none.
 * @throws DataError naming the places looked at.
 */
export async function findWeights(
  from: string,
  { recipeFolder }: DataPlaces = {},
  { optional = false } = {},
): Promise<string> {
  const tried = isAbsolute(from)
    ? [from]
    : ['.', ...(recipeFolder ? [recipeFolder] : [])].map((at) => resolve(at, from));
  for (const place of tried) if (await stat(place).catch(() => undefined)) return place;
  if (optional) return from;
  throw new DataError({
    what: `The weights "${from}" are not there.`,
    expected: `a run or a file of weights at ${[...new Set(tried)].join(' or ')}`,
    received: 'none',
    hint: 'Train the run it names first, or name another in the recipe.',
  });
}

/** A run's final weights, averaged where its recipe averages, or the tensors of a safetensors file. @throws DataError where it is neither. */
export async function readWeights(path: string): Promise<NdArrays> {
  if ((await stat(path)).isDirectory()) {
    const { recipe, paths } = await readRun(path);
    return (await readCheckpoint(recipe.averaging.kind === 'none' ? paths.last : paths.averaged)).state;
  }
  return decodeSafetensors(await readFile(path), path).tensors;
}
