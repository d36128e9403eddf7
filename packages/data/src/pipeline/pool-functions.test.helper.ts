// Functions that the tests of the worker pool call in its threads.
import { threadId } from 'node:worker_threads';
import { DataError } from '@asc/core';
import { transferred } from './transfer.js';

export const notAFunction = 1;

export function double(x: number): number {
  return 2 * x;
}

export function thread(): number {
  return threadId;
}

/** Later items are done sooner. */
export async function slowFirst(item: { readonly index: number; readonly ms: number }): Promise<number> {
  await new Promise((resolve) => setTimeout(resolve, item.ms));
  return item.index;
}

export function ramp(length: number): unknown {
  const data = Float32Array.from({ length }, (_, i) => i);
  return transferred(data, [data.buffer]);
}

export function sum(data: Float32Array): number {
  return data.reduce((total, x) => total + x, 0);
}

export function failWith(kind: string): never {
  if (kind === 'data') throw new DataError({ what: 'bad.wav is cut', expected: '100', received: '7', hint: 'again' });
  if (kind === 'range') throw new RangeError('too far');
  if (kind === 'code') throw Object.assign(new Error('gone'), { code: 'ENOENT' });
  throw 'just text';
}

export function uncloneable(): unknown {
  return () => 1;
}

export function die(): never {
  process.exit(7);
}

export function crash(): Promise<never> {
  setTimeout(() => {
    throw new Error('outside of any call');
  }, 1);
  return forever();
}

export function forever(): Promise<never> {
  return new Promise(() => setInterval(() => 0, 1000));
}
