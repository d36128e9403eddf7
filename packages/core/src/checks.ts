import { describeValue } from './describe-value.js';
import { UsageError } from './errors.js';
import { nearestName } from './nearest-name.js';

function refuse(name: string, expected: string, received: string, hint?: string): never {
  throw new UsageError({ what: `${name} is not valid.`, expected, received, ...(hint === undefined ? {} : { hint }) });
}

/** Returns `value`, an integer of at least 1. @throws UsageError otherwise. */
export function checkPositiveInteger(name: string, value: unknown): number {
  if (typeof value === 'number' && Number.isSafeInteger(value) && value > 0) return value;
  return refuse(name, 'a positive integer', describeValue(value));
}

/** Returns `value`, an integer of at least 0. @throws UsageError otherwise. */
export function checkNonNegativeInteger(name: string, value: unknown): number {
  if (typeof value === 'number' && Number.isSafeInteger(value) && value >= 0) return value;
  return refuse(name, 'an integer of at least 0', describeValue(value));
}

/** Returns `value`, a finite number within the closed range. @throws UsageError otherwise. */
export function checkFinite(
  name: string,
  value: unknown,
  range: { readonly min?: number; readonly max?: number } = {},
): number {
  const { min = -Infinity, max = Infinity } = range;
  if (typeof value === 'number' && Number.isFinite(value) && value >= min && value <= max) return value;
  const bounds: string[] = [];
  if (min !== -Infinity) bounds.push(`of at least ${min}`);
  if (max !== Infinity) bounds.push(`of at most ${max}`);
  return refuse(name, ['a finite number', bounds.join(' and ')].join(' ').trim(), describeValue(value));
}

/** Returns `value`, one of `allowed`. @throws UsageError otherwise, suggesting the nearest name. */
export function checkOneOf<const T extends string | number | boolean | null>(
  name: string,
  value: unknown,
  allowed: readonly T[],
): T {
  const found = allowed.find((candidate) => candidate === value);
  if (found !== undefined) return found;
  const names = allowed.filter((candidate) => typeof candidate === 'string');
  const nearest = typeof value === 'string' ? nearestName(value, names) : undefined;
  const expected = `one of ${allowed.map((candidate) => describeValue(candidate)).join(', ')}`;
  return refuse(name, expected, describeValue(value), nearest === undefined ? undefined : `Did you mean "${nearest}"?`);
}

/**
 * Returns `value`, an object that is not an array, with no keys but `allowed` (which may be absent).
 *
 * @throws UsageError naming the first unknown key and the allowed key nearest to it.
 */
export function checkKeys(name: string, value: unknown, allowed: readonly string[]): Readonly<Record<string, unknown>> {
  if (typeof value !== 'object' || value === null || Array.isArray(value) || ArrayBuffer.isView(value)) {
    return refuse(name, `an object with keys among ${listKeys(allowed)}`, describeValue(value));
  }
  for (const key of Object.keys(value)) {
    if (allowed.includes(key)) continue;
    const nearest = nearestName(key, allowed);
    throw new UsageError({
      what: `${name} has an unknown key ${describeValue(key)}.`,
      expected: `keys among ${listKeys(allowed)}`,
      received: `${describeValue(key)}: ${describeValue((value as Record<string, unknown>)[key])}`,
      ...(nearest === undefined ? {} : { hint: `Did you mean "${nearest}"?` }),
    });
  }
  return value as Readonly<Record<string, unknown>>;
}

function listKeys(keys: readonly string[]): string {
  return keys.length === 0 ? '(none)' : keys.join(', ');
}

/**
 * Returns `shape` if it matches `expected`: numbers must be equal, a name such as `'B'` stands for any size, the same
 * one wherever it repeats.
 *
 * @throws UsageError showing both shapes.
 */
export function checkShape(
  name: string,
  shape: readonly number[],
  expected: readonly (number | string)[],
): readonly number[] {
  const sizes = new Map<string, number>();
  const matches =
    shape.length === expected.length &&
    expected.every((want, axis) => {
      const size = shape[axis];
      if (size === undefined || typeof want === 'number') return size === want;
      const seen = sizes.get(want);
      sizes.set(want, size);
      return seen === undefined || seen === size;
    });
  if (matches) return shape;
  throw new UsageError({
    what: `${name} has the wrong shape.`,
    expected: `(${expected.join(', ')})`,
    received: `(${shape.join(', ')})`,
  });
}
