import { expect, test } from '@jest/globals';
import { readdirSync, readFileSync } from 'node:fs';
import { completedRows, papersTable } from './papers-table.mjs';
import { list, recipeRows, recipesCsv } from './recipe-rows.mjs';

const root = new URL('../', import.meta.url);

test('docs/papers.md is what the recipes say; else run node scripts/papers-table.mjs', () => {
  expect(readFileSync(new URL('docs/papers.md', root), 'utf8')).toBe(papersTable());
});

test('recipes.csv is what the record and the pages of results say; else run node scripts/papers-table.mjs', () => {
  expect(readFileSync(list, 'utf8')).toBe(recipesCsv(completedRows()));
});

test('recipes.csv lists every recipe, each once, and every one has been rehearsed', () => {
  const listed = recipeRows().map(({ recipe }) => recipe);
  const files = readdirSync(new URL('recipes/', root), { recursive: true })
    .map((path) => path.replaceAll('\\', '/'))
    .filter((path) => path.endsWith('.json') && path.includes('/'))
    .map((path) => path.replace(/\.json$/, ''));
  expect([...listed].sort()).toEqual(files.sort());
  const { recipes } = JSON.parse(readFileSync(new URL('golden/recipes/rehearsed.json', root), 'utf8'));
  expect(Object.keys(recipes).sort()).toEqual([...listed].sort());
});
