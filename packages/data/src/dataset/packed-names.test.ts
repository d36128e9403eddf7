import { expect, it } from '@jest/globals';
import fc from 'fast-check';
import { lazyList } from './lazy-list.js';
import { packedNames } from './packed-names.js';

it('is a list of different names and an index of them', () => {
  const name = fc.oneof(
    fc.string(),
    fc.stringMatching(/^audio\/[ab]{0,6}-\d{1,3}$/),
    fc.string({ unit: 'grapheme', minLength: 90 }),
  );
  fc.assert(
    fc.property(fc.array(name, { maxLength: 200 }), (given) => {
      const names = packedNames();
      const seen: string[] = [];
      for (const one of given) {
        const known = seen.indexOf(one);
        expect(names.indexOf(one)).toBe(known);
        expect(names.add(one)).toBe(known < 0 ? seen.push(one) - 1 : -1);
      }
      expect(Array.from({ length: names.length }, (_, i) => names.at(i))).toEqual(seen);
      expect(seen.map((one) => names.indexOf(one))).toEqual(seen.map((_, i) => i));
    }),
    { seed: 11, numRuns: 60 },
  );
});

it('grows', () => {
  const names = packedNames();
  for (let i = 0; i < 3000; i++) names.add(`audio/airport-barcelona-${i >> 4}-${i}-a.wav`);
  for (let i = 0; i < 3000; i++) expect(names.indexOf(names.at(i))).toBe(i);
  expect(() => names.at(3000)).toThrow(RangeError);
});

it('makes lists that behave as arrays do', () => {
  fc.assert(
    fc.property(fc.array(fc.integer()), fc.integer({ min: -9, max: 9 }), (array, n) => {
      const list = lazyList(array.length, (i) => array[i] as number);
      expect([...list]).toEqual(array);
      expect(list.at(n)).toBe(array.at(n));
      expect(list.slice(n)).toEqual(array.slice(n));
      expect(list.slice(1, n)).toEqual(array.slice(1, n));
      expect(list.map((x, i) => x + i)).toEqual(array.map((x, i) => x + i));
      expect(list.filter((x) => x > n)).toEqual(array.filter((x) => x > n));
      expect(list.find((x) => x > n)).toBe(array.find((x) => x > n));
      expect([list.some((x) => x > n), list.every((x) => x > n)]).toEqual([
        array.some((x) => x > n),
        array.every((x) => x > n),
      ]);
    }),
    { seed: 12, numRuns: 50 },
  );
});
