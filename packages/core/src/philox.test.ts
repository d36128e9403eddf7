import { describe, expect, test } from '@jest/globals';
import { philox } from './philox.js';

// Random123 1.14, tests/kat_vectors: "philox4x32 10", counter, key, result.
type Words = readonly [number, number, number, number];
const KNOWN_ANSWERS: readonly { counter: Words; key: readonly [number, number]; words: Words }[] = [
  { counter: [0, 0, 0, 0], key: [0, 0], words: [0x6627e8d5, 0xe169c58d, 0xbc57ac4c, 0x9b00dbd8] },
  {
    counter: [0xffffffff, 0xffffffff, 0xffffffff, 0xffffffff],
    key: [0xffffffff, 0xffffffff],
    words: [0x408f276d, 0x41c83b0e, 0xa20bc7c6, 0x6d5451fd],
  },
  {
    counter: [0x243f6a88, 0x85a308d3, 0x13198a2e, 0x03707344],
    key: [0xa4093822, 0x299f31d0],
    words: [0xd16cfe09, 0x94fdcceb, 0x5001e420, 0x24126ea1],
  },
];

/** The same cipher with exact 64-bit integers, to try many inputs. */
function philoxBig(counter: readonly number[], key: readonly number[]): number[] {
  let [c0 = 0n, c1 = 0n, c2 = 0n, c3 = 0n] = counter.map(BigInt);
  let [k0 = 0n, k1 = 0n] = key.map(BigInt);
  const low = 0xffffffffn;
  for (let round = 0; round < 10; round++) {
    const p0 = 0xd2511f53n * c0;
    const p2 = 0xcd9e8d57n * c2;
    [c0, c1, c2, c3] = [(p2 >> 32n) ^ c1 ^ k0, p2 & low, (p0 >> 32n) ^ c3 ^ k1, p0 & low];
    k0 = (k0 + 0x9e3779b9n) & low;
    k1 = (k1 + 0xbb67ae85n) & low;
  }
  return [c0, c1, c2, c3].map(Number);
}

describe('philox', () => {
  test.each(KNOWN_ANSWERS)('gives the known answer for counter $counter', ({ counter, key, words }) => {
    const out = new Uint32Array(4);
    philox(out, ...counter, ...key);
    expect([...out]).toEqual(words);
  });

  test('equals exact integer arithmetic on 2000 chained inputs and on edge words', () => {
    const out = Uint32Array.of(1, 2, 3, 4);
    const edges = [0, 1, 0xffff, 0x10000, 0x7fffffff, 0x80000000, 0xfffffffe, 0xffffffff];
    for (let i = 0; i < 2000; i++) {
      const [a = 0, b = 0, c = 0, d = 0] = out;
      const edge = edges[i % edges.length] ?? 0;
      const counter = i % 3 === 0 ? ([edge, b, c, d] as const) : ([a, b, edge, d] as const);
      philox(out, counter[0], counter[1], counter[2], counter[3], b, a);
      expect([...out]).toEqual(philoxBig(counter, [b, a]));
    }
  });
});
