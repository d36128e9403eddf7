import { expect, test } from '@jest/globals';
import { readdirSync, readFileSync } from 'node:fs';
import { papersTable, recipeRows } from './papers-table.mjs';

const root = new URL('../', import.meta.url);

test('docs/papers.md is what the recipes say; else run node scripts/papers-table.mjs', () => {
  expect(readFileSync(new URL('docs/papers.md', root), 'utf8')).toBe(papersTable());
});

test('recipes.csv lists every recipe of a paper, each once, and every one has been rehearsed', () => {
  const listed = recipeRows().map(({ recipe }) => recipe);
  const files = readdirSync(new URL('recipes/', root), { recursive: true })
    .map((path) => path.replaceAll('\\', '/'))
    .filter((path) => path.endsWith('.json') && path.includes('/') && !/^(esc-scenes|synthetic)\//.test(path))
    .map((path) => path.replace(/\.json$/, ''));
  expect([...listed].sort()).toEqual(files.sort());
  const { recipes } = JSON.parse(readFileSync(new URL('golden/recipes/rehearsed.json', root), 'utf8'));
  expect(Object.keys(recipes).sort()).toEqual([...listed].sort());
});
