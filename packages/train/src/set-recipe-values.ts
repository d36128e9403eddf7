import { UsageError } from '@asc/core';
import { firstRecipeProblem, parseRecipe } from './parse-recipe.js';
import type { Recipe } from './recipe-schema.js';

type Json = Record<string, unknown>;

/**
 * `recipe` with values replaced by `path=value` assignments, in order, e.g. `optimiser.learningRate=1e-3`. A value is read
 * as JSON, or as text where it is none or where text is asked for. Changing a section's `kind` sets the rest of the section
 * to the new kind's defaults. The recipe given is not changed.
 *
 * @throws UsageError for an assignment without `=`, an unknown path, or a value the recipe refuses.
 */
export function setRecipeValues(recipe: Recipe, assignments: readonly string[]): Recipe {
  const json = structuredClone(recipe) as unknown as Json;
  const texts = new Map<string, string>();
  for (const assignment of assignments) {
    const { path, text } = split(assignment);
    texts.set(path, text);
    assign(json, path.split('.'), readValue(text), assignment);
  }
  // A name made of digits is still a name: where the schema wants text and JSON gave something else, take the text.
  for (
    let problem = firstRecipeProblem(json);
    problem?.expected.includes('string');
    problem = firstRecipeProblem(json)
  ) {
    const text = texts.get(problem.path);
    if (text === undefined || !texts.delete(problem.path)) break;
    assign(json, problem.path.split('.'), text, problem.path);
  }
  return parseRecipe(json);
}

function split(assignment: string): { path: string; text: string } {
  const at = assignment.indexOf('=');
  const path = assignment.slice(0, at).trim();
  if (at > 0 && path.split('.').every((key) => key !== '')) return { path, text: assignment.slice(at + 1).trim() };
  throw new UsageError({
    what: 'A recipe value to set is not an assignment.',
    expected: 'path=value, e.g. optimiser.learningRate=1e-3',
    received: JSON.stringify(assignment),
  });
}

/** JSON, or any other way JavaScript writes a finite number (1E-3, .5), or the text itself. */
function readValue(text: string): unknown {
  try {
    return JSON.parse(text) as unknown;
  } catch {
    return /^[-+]?(\d+\.?\d*|\.\d+)(e[-+]?\d+)?$/i.test(text) ? Number(text) : text;
  }
}

function assign(json: Json, path: readonly string[], value: unknown, assignment: string): void {
  let holder = json;
  for (const [depth, key] of path.slice(0, -1).entries()) {
    // A missing section is made, so that the recipe's own check names the unknown path.
    if (!Object.hasOwn(holder, key)) define(holder, key, {});
    const next = holder[key];
    if (typeof next !== 'object' || next === null || Array.isArray(next)) {
      throw new UsageError({
        what: `Cannot set "${assignment}".`,
        expected: `"${path.slice(0, depth + 1).join('.')}" to be a section of the recipe`,
        received: JSON.stringify(next),
      });
    }
    holder = next as Json;
  }
  const last = path.at(-1) ?? '';
  if (last === 'kind' && Object.hasOwn(holder, 'kind') && holder['kind'] !== value) {
    for (const key of Object.keys(holder)) delete holder[key];
  }
  define(holder, last, value);
}

/** An own property whatever its name: a plain assignment to `__proto__` would vanish unseen. */
function define(holder: Json, key: string, value: unknown): void {
  Object.defineProperty(holder, key, { value, writable: true, enumerable: true, configurable: true });
}
