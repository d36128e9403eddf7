import { checkNonNegativeInteger, checkShape, describeValue, UsageError } from '@asc/core';
import type { layers } from '@tensorflow/tfjs-layers';

/** The group of each class, checked. @throws UsageError unless the groups are 0, 1, … with none left out. */
export function groupsOf(value: readonly number[]): number[] {
  if (!Array.isArray(value) || value.length === 0) refuse(value);
  const groups = value.map((group) => checkNonNegativeInteger('groupOf', group));
  if (groupCount(groups) !== new Set(groups).size) refuse(value);
  return groups;
}

/** How many groups there are, counted from 0 to the largest index. */
export function groupCount(groupOf: readonly number[]): number {
  return groupOf.reduce((largest, group) => Math.max(largest, group), -1) + 1;
}

/** (A, Y): 1 where class c is of group a, else 0. */
export function membership(groupOf: readonly number[]): number[][] {
  return Array.from({ length: groupCount(groupOf) }, (_, a) => groupOf.map((group) => Number(group === a)));
}

/** @throws UsageError unless the layer's input (B, `size`) is as wide as its groups ask. */
export function checkWidth(layer: layers.Layer, size: number, expected: number): void {
  checkShape(`The input of layer "${layer.name}", without its batch,`, [size], [expected]);
}

function refuse(value: unknown): never {
  throw new UsageError({
    what: 'groupOf is not valid.',
    expected: 'for each class its group: 0, 1, …, none left out',
    received: describeValue(value),
  });
}
