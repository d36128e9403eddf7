import { describeValue, nearestName, UsageError } from '@asc/core';
import type { z } from 'zod';
import { recipeSchema, type Recipe } from './recipe-schema.js';

type Issue = z.core.$ZodIssue;

/**
 * A checked recipe with every default filled in. `json` is plain data, e.g. from `JSON.parse`; it is not changed.
 *
 * @throws UsageError for the first thing wrong: the path, what was expected, what came, and the nearest name of an unknown
 * key.
 */
export function parseRecipe(json: unknown): Recipe {
  const result = recipeSchema.safeParse(json);
  if (result.success) return result.data;
  const [first, ...others] = result.error.issues;
  throw explain(json, first as Issue, others.length);
}

/** The path and expectation of the first thing wrong with `json`, or `undefined` where it is a recipe. */
export function firstRecipeProblem(json: unknown): { path: string; expected: string } | undefined {
  const issue = recipeSchema.safeParse(json).error?.issues[0];
  return issue && { path: pathName(issue.path), expected: expectation(issue) };
}

function explain(json: unknown, issue: Issue, others: number): UsageError {
  const more = others === 0 ? '' : ` (and ${others} more problem${others === 1 ? '' : 's'})`;
  const holder = valueAt(json, issue.path);
  if (issue.code === 'unrecognized_keys') {
    const key = issue.keys[0] ?? '';
    const known = knownKeys(json, issue.path);
    const nearest = nearestName(key, known);
    return new UsageError({
      what: `The recipe has an unknown key "${pathName([...issue.path, key])}"${more}.`,
      ...(known.length === 0 ? {} : { expected: `keys among ${known.join(', ')}` }),
      received: `${key}: ${describeValue(valueAt(holder, [key]))}`,
      ...(nearest === undefined ? {} : { hint: `Did you mean "${pathName([...issue.path, nearest])}"?` }),
    });
  }
  const name = issue.path.length === 0 ? 'The recipe' : `"${pathName(issue.path)}" in the recipe`;
  const options = optionsOf(issue);
  const nearest = typeof holder === 'string' ? nearestName(holder, options) : undefined;
  return new UsageError({
    what: `${name} is ${holder === undefined ? 'missing' : 'not valid'}${more}.`,
    expected: expectation(issue),
    received: holder === undefined ? 'nothing' : describeValue(holder),
    ...(nearest === undefined ? {} : { hint: `Did you mean "${nearest}"?` }),
  });
}

function optionsOf(issue: Issue): string[] {
  if (issue.code === 'invalid_value') return issue.values.map(String);
  if (issue.code === 'invalid_union' && 'options' in issue && Array.isArray(issue.options)) {
    return issue.options.map(String);
  }
  return [];
}

/** What would have been right, in the words of a person. */
function expectation(issue: Issue): string {
  const options = optionsOf(issue);
  if (options.length > 0) return options.length === 1 ? describeValue(options[0]) : `one of ${options.join(', ')}`;
  switch (issue.code) {
    case 'invalid_type':
      return issue.expected === 'int' ? 'an integer' : `a value of type ${issue.expected}`;
    case 'too_small':
      if (issue.origin === 'string') return 'a text that is not empty';
      return `a number ${issue.inclusive === true ? 'of at least' : 'above'} ${issue.minimum}`;
    case 'too_big':
      if (issue.origin === 'string') return `a text of at most ${issue.maximum} characters`;
      return `a number ${issue.inclusive === true ? 'of at most' : 'below'} ${issue.maximum}`;
    case 'custom':
      return String(issue.params?.['expected']);
    default:
      return 'plain JSON: text, finite numbers, true, false, null, arrays and objects of those';
  }
}

/**
 * The keys the schema knows at `path`: those it fills in or asks for when the unknown ones are left out. Read from the
 * schema's answer, so that there is no second list of keys.
 */
function knownKeys(json: unknown, path: readonly PropertyKey[]): string[] {
  let node: unknown = recipeSchema;
  let value = json;
  for (const key of path) {
    node = shapeOf(node, value)?.[key as string];
    value = valueAt(value, [key]);
  }
  return Object.keys(shapeOf(node, value) ?? {});
}

/** The named members of an object schema, looking through defaults and choosing a union's branch by the value's `kind`. */
function shapeOf(schema: unknown, value: unknown): Readonly<Record<string, unknown>> | undefined {
  const definition = (schema as { def?: { innerType?: unknown; options?: unknown[]; shape?: Record<string, unknown> } })
    ?.def;
  if (definition?.innerType !== undefined) return shapeOf(definition.innerType, value);
  if (definition?.options !== undefined) {
    const kind = valueAt(value, ['kind']);
    return definition.options
      .map((option) => shapeOf(option, value))
      .find((shape) => (shape?.['kind'] as { value?: unknown } | undefined)?.value === kind);
  }
  return definition?.shape;
}

function valueAt(value: unknown, path: readonly PropertyKey[]): unknown {
  let current = value;
  for (const key of path) {
    if (typeof current !== 'object' || current === null || !Object.hasOwn(current, key)) return undefined;
    current = (current as Record<PropertyKey, unknown>)[key];
  }
  return current;
}

function pathName(path: readonly PropertyKey[]): string {
  return path.map(String).join('.');
}
