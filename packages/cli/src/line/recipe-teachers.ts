import { createRng, UsageError, type LabelSpace } from '@asc/core';
import type { ClipList } from '@asc/data';
import { readTeacherLogits, teacherTargets, type ClipTargets, type DistillationConfig, type Recipe } from '@asc/train';
import { stat } from 'node:fs/promises';
import { isAbsolute, resolve } from 'node:path';

/** Where the teachers of a recipe were found, and what they said. */
export interface RecipeTeachers {
  /** The recipe's section with every file's place and content named. */
  readonly distillation: DistillationConfig;
  readonly targets: ClipTargets;
}

/**
 * Reads the teachers a recipe names: their files, by a path from here or from the recipe's folder.
 *
 * @param options.clips the training clips.
 * @throws DataError for a file that is missing or no teacher's; UsageError for one that is not the one named, or does not
 * know the labels or every clip.
 */
export async function recipeTeachers(
  { distillation, seed }: Recipe,
  options: { readonly recipeFolder?: string | undefined; readonly labels: LabelSpace; readonly clips: ClipList },
): Promise<RecipeTeachers | undefined> {
  if (distillation?.kind !== 'teachers') return undefined;
  const { recipeFolder, labels, clips } = options;
  const read = await Promise.all(
    distillation.teachers.map(async ({ file, sha256 }) => {
      const path = await findFile(file, recipeFolder);
      const answers = await readTeacherLogits(path);
      if (sha256 !== undefined && sha256 !== answers.sha256) {
        throw new UsageError({
          what: `The teacher file ${path} is not the one the recipe was made with.`,
          expected: `SHA-256 ${sha256}`,
          received: answers.sha256,
          hint: 'Restore the file, or leave sha256 out of a new run’s recipe.',
        });
      }
      return { ...answers, name: path };
    }),
  );
  const ids = clips.map(({ id }) => id);
  const teachers = read.map(({ name: file, sha256 }) => ({ file, sha256 }));
  const rng = createRng(seed).split('teachers');
  return {
    distillation: { ...distillation, teachers },
    targets: teacherTargets({ config: distillation, teachers: read, labels, ids, rng }),
  };
}

async function findFile(file: string, recipeFolder: string | undefined): Promise<string> {
  const here = resolve(file);
  if (isAbsolute(file) || recipeFolder === undefined) return here;
  const beside = resolve(recipeFolder, file);
  const isHere = await stat(here).then(
    () => true,
    () => false,
  );
  const isBeside = await stat(beside).then(
    () => true,
    () => false,
  );
  return !isHere && isBeside ? beside : here;
}
