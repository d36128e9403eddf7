/** recipes/recipes.csv: every recipe, the row of a paper it answers to, and what has to be trained before it. */
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';

export const root = fileURLToPath(new URL('..', import.meta.url));
export const list = join(root, 'recipes/recipes.csv');

/** The lines of the list, `needs` as a list of recipes. */
export function recipeRows() {
  const [columns, ...rows] = readFileSync(list, 'utf8')
    .trimEnd()
    .split('\n')
    .map((line) =>
      [...line.matchAll(/(?:^|,)(?:"((?:[^"]|"")*)"|([^,]*))/g)].map(
        ([, quoted, plain]) => quoted?.replaceAll('""', '"') ?? plain,
      ),
    );
  return rows.map((cells) => {
    const row = Object.fromEntries(columns.map((column, at) => [column, cells[at] ?? '']));
    return { ...row, needs: row.needs.split(' ').filter(Boolean) };
  });
}

/** Rows as the text of the list, in the columns of the first. */
export function recipesCsv(rows) {
  const cell = (value) => (/[",]/.test(value) ? `"${value.replaceAll('"', '""')}"` : value);
  const columns = Object.keys(rows[0]);
  const lines = rows.map((row) => columns.map((column) => cell([row[column]].flat().join(' '))).join(','));
  return `${[columns.join(','), ...lines].join('\n')}\n`;
}

export function recipeFile(name) {
  return join(root, 'recipes', `${name}.json`);
}

/** The JSON of a recipe. */
export function recipeJson(name) {
  return JSON.parse(readFileSync(recipeFile(name), 'utf8'));
}
