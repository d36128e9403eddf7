import { readFileSync } from 'node:fs';

const folder = new URL('../../../golden/features/', import.meta.url);

/** Reference numbers made by golden/make/features.py. */
export function goldenJson<T>(name: string): T {
  return JSON.parse(readFileSync(new URL(name, folder), 'utf8')) as T;
}

export function goldenBytes(name: string): Uint8Array {
  return new Uint8Array(readFileSync(new URL(name, folder)));
}

export function goldenFloat64(name: string): Float64Array {
  return new Float64Array(goldenBytes(name).buffer);
}

/** One second of noise, chirps, a click and silence: (44100). */
export function goldenSignal(): Float32Array {
  return new Float32Array(goldenBytes('signal.bin').buffer);
}

export function largestDifference(a: ArrayLike<number>, b: ArrayLike<number>): number {
  if (a.length !== b.length) return Infinity;
  let worst = 0;
  for (let i = 0; i < a.length; i += 1) {
    const difference = Math.abs(a[i]! - b[i]!);
    if (!(difference <= worst)) worst = difference;
  }
  return worst;
}

export function largestMagnitude(values: ArrayLike<number>): number {
  let largest = 0;
  for (let i = 0; i < values.length; i += 1) largest = Math.max(largest, Math.abs(values[i]!));
  return largest;
}

/** Repeatable noise in [−0.5, 0.5). */
export function noise(length: number, seed = 1): Float32Array {
  let state = seed;
  return Float32Array.from({ length }, () => {
    state = (Math.imul(state, 1664525) + 1013904223) >>> 0;
    return state / 2 ** 32 - 0.5;
  });
}
