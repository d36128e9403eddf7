import { checkPositiveInteger } from '@asc/core';
import type { Source, Stage } from './iterate.js';

/** Stage that gathers `size` items at a time; a shorter last group is kept unless `dropLast`. */
export function batchItems<T>(size: number, dropLast: boolean): Stage<T, T[]> {
  checkPositiveInteger('The batch size', size);
  return async function* batched(source: Source<T>) {
    let group: T[] = [];
    for await (const item of source) {
      group.push(item);
      if (group.length < size) continue;
      const full = group;
      group = [];
      yield full;
    }
    if (group.length > 0 && !dropLast) yield group;
  };
}
