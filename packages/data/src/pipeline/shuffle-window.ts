import { type Rng, checkPositiveInteger } from '@asc/core';
import type { Source, Stage } from './iterate.js';

/**
 * Stage that holds up to `window` items and gives a random one of them each time: a shuffle whose memory does not grow
 * with the stream. An item comes at most `window − 1` places early; a list is better shuffled as a whole.
 */
export function shuffleWindow<T>(rng: Rng, window: number): Stage<T, T> {
  checkPositiveInteger('window', window);
  return async function* shuffled(source: Source<T>) {
    const held: T[] = [];
    for await (const item of source) {
      held.push(item);
      if (held.length >= window) yield take(held, rng);
    }
    while (held.length > 0) yield take(held, rng);
  };
}

function take<T>(held: T[], rng: Rng): T {
  const at = rng.integer(held.length);
  const item = held[at] as T;
  const last = held.pop() as T;
  if (at < held.length) held[at] = last;
  return item;
}

/** What can be read in any order. */
export interface List<T> {
  readonly length: number;
  at(index: number): T | undefined;
}

/** The items of a list in the order of one random permutation, made when iteration starts. */
export function* shuffleList<T>(list: List<T>, rng: Rng): Iterable<T> {
  for (const at of rng.permutation(list.length)) yield list.at(at) as T;
}
