import { afterAll, describe, expect, test } from '@jest/globals';
import { parseRecipe, writeTeacherLogits, type Recipe } from '@asc/train';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { askTeacher } from './line/ask-teacher.js';
import { loadModel } from './line/load-model.js';
import { openRecipeDataset } from './line/open-dataset.js';
import { rehearsal } from './line/rehearsal.js';
import { runTraining, type TrainingResult } from './line/run-training.js';

const RECIPES = new URL('../../../recipes/', import.meta.url);

/** A line of recipes/recipes.csv. */
export interface RecipeRow {
  readonly recipe: string;
  readonly needs: readonly string[];
}

/** The recipes of a folder of `recipes/`, those that others need before them. */
export function recipeRows(folder: string): RecipeRow[] {
  const [heading = '', ...lines] = readFileSync(new URL('recipes.csv', RECIPES), 'utf8').trimEnd().split('\n');
  const columns = heading.split(',');
  const rows = lines.map((line) => {
    // The columns read are never quoted.
    const cells = line.match(/("(?:[^"]|"")*"|[^,]*)(?:,|$)/g)?.map((cell) => cell.replace(/,$/, '')) ?? [];
    const cell = (name: string) => cells[columns.indexOf(name)] ?? '';
    return { recipe: cell('recipe'), needs: cell('needs').split(' ').filter(Boolean) };
  });
  const own = rows.filter(({ recipe }) => recipe.startsWith(`${folder}/`));
  return [...own.filter(({ needs }) => needs.length === 0), ...own.filter(({ needs }) => needs.length > 0)];
}

export function readRecipe(name: string): Recipe {
  return parseRecipe(JSON.parse(readFileSync(new URL(`${name}.json`, RECIPES), 'utf8')));
}

/** A place to rehearse recipes in, one after the other; the later ones find the runs of the earlier. */
export class Stage {
  readonly folder = mkdtempSync(join(tmpdir(), 'rehearsals-'));
  readonly #places = { recipeFolder: this.folder };

  async rehearse(name: string): Promise<TrainingResult> {
    const recipe = await rehearsal(readRecipe(name), join(this.folder, 'data'));
    const out = join(this.folder, 'runs', recipe.name);
    return runTraining(recipe, { out, places: this.#places });
  }

  /** What `asc teach RUN -o RUN/teacher.safetensors` does. */
  async teach({ folder }: TrainingResult): Promise<void> {
    const loaded = await loadModel(folder);
    const { recipe } = loaded.card as { recipe: Recipe };
    const dataset = await openRecipeDataset(recipe.dataset, this.#places);
    const answers = await askTeacher(loaded, { dataset, fold: 1, split: 'train', crops: 1 });
    await writeTeacherLogits(join(folder, 'teacher.safetensors'), answers);
  }

  close(): void {
    rmSync(this.folder, { recursive: true, force: true });
  }
}

/** Defines a test for every recipe of the folders: its rehearsal trains, judges and keeps a whole run. */
export function rehearseAll(folders: readonly string[]): void {
  describe.each(folders)('the recipes of %s', (folder) => {
    const stage = new Stage();
    afterAll(() => stage.close());
    const rows = recipeRows(folder);
    const teachers = new Set(rows.flatMap(({ recipe, needs }) => (recipe.includes('student') ? needs : [])));

    test.each(rows)('$recipe rehearses', async ({ recipe }) => {
      const result = await stage.rehearse(recipe);
      expect(result.interrupted).toBe(false);
      expect(result.history.length).toBe(2);
      expect(result.history.every(({ loss }) => Number.isFinite(loss))).toBe(true);
      expect(result.report?.clips).toBeGreaterThan(0);
      if (teachers.has(recipe)) await stage.teach(result);
    });
  });
}
