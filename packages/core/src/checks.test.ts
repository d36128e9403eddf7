import { describe, expect, test } from '@jest/globals';
import fc from 'fast-check';
import {
  checkFinite,
  checkKeys,
  checkNonNegativeInteger,
  checkOneOf,
  checkPositiveInteger,
  checkShape,
} from './checks.js';
import { describeValue } from './describe-value.js';
import { UsageError } from './errors.js';
import { nearestName } from './nearest-name.js';

describe('checks', () => {
  test('return what they accept', () => {
    expect(checkPositiveInteger('bands', 128)).toBe(128);
    expect(checkNonNegativeInteger('order', 0)).toBe(0);
    expect(checkFinite('alpha', 0.5, { min: 0, max: 1 })).toBe(0.5);
    expect(checkOneOf('log', null, ['ln', null])).toBe(null);
    const object = { a: 1 };
    expect(checkKeys('config', object, ['a', 'b'])).toBe(object);
    expect(checkShape('map', [2, 3, 2], ['B', 3, 'B'])).toEqual([2, 3, 2]);
  });

  test('refuse with name, expectation and value', () => {
    expect(() => checkPositiveInteger('bands', 0)).toThrow(
      'bands is not valid.\nexpected a positive integer, received 0',
    );
    expect(() => checkPositiveInteger('bands', '3')).toThrow('received "3"');
    expect(() => checkNonNegativeInteger('order', -1)).toThrow('received -1');
    expect(() => checkFinite('alpha', NaN)).toThrow('expected a finite number, received NaN');
    expect(() => checkFinite('alpha', 2, { min: 0, max: 1 })).toThrow('of at least 0 and of at most 1, received 2');
    expect(() => checkOneOf('window', 'han', ['hann', 'hamming'])).toThrow('Did you mean "hann"?');
    expect(() => checkOneOf('window', 7, ['hann', 'hamming'])).toThrow('one of "hann", "hamming", received 7');
    expect(() => checkKeys('config', { bnds: 3 }, ['bands'])).toThrow('Did you mean "bands"?');
    expect(() => checkKeys('config', [1], ['bands'])).toThrow('received [1]');
    expect(() => checkKeys('config', null, [])).toThrow('received null');
    expect(() => checkShape('map', [2, 3], ['B', 4])).toThrow('expected (B, 4), received (2, 3)');
    expect(() => checkShape('map', [2, 3], ['B', 'B'])).toThrow('expected (B, B), received (2, 3)');
    expect(() => checkShape('map', [2], ['B', 'B'])).toThrow(UsageError);
  });

  test('a key that only the prototype has is not known, and __proto__ from JSON is refused', () => {
    expect(() => checkKeys('config', { toString: 1 }, ['bands'])).toThrow('unknown key "toString"');
    expect(() => checkKeys('config', JSON.parse('{"__proto__": 1}'), ['bands'])).toThrow('unknown key "__proto__"');
  });
});

describe('describeValue', () => {
  test('shows short forms of everything', () => {
    expect(describeValue('x'.repeat(100))).toHaveLength(63);
    expect(describeValue(-0)).toBe('-0');
    expect(describeValue(1n)).toBe('1n');
    expect(describeValue(undefined)).toBe('undefined');
    expect(describeValue([1, 'a', 3, 4, 5, 6, 7, 8])).toBe('[1, "a", 3, 4, 5, 6, … 2 more]');
    expect(describeValue(new Float32Array(5))).toBe('Float32Array of length 5');
    expect(describeValue({ a: { b: { c: { d: 1 } } } })).toBe('{ a: { b: { 1 keys } } }');
    expect(describeValue(new Map())).toBe('Map {}');
    expect(describeValue(new TypeError('bad'))).toBe('TypeError: "bad"');
    expect(describeValue(Math.max)).toBe('the function max');
  });

  test('never throws and stays short, cycles and hostile getters included', () => {
    const cycle: Record<string, unknown> = {};
    cycle['self'] = cycle;
    expect(describeValue(cycle)).toContain('self');
    const hostile = Object.defineProperty({}, 'x', {
      enumerable: true,
      get() {
        throw new Error('no');
      },
    });
    expect(describeValue(hostile)).toBe('a value that cannot be shown');
    fc.assert(
      fc.property(fc.anything(), (value) => {
        expect(describeValue(value).length).toBeLessThan(202);
      }),
      { seed: 4, numRuns: 200 },
    );
  });
});

describe('nearestName', () => {
  test('finds slips, case and unfinished names, and nothing far away', () => {
    const names = ['learningRate', 'epochs', 'batchSize'];
    expect(nearestName('learningrate', names)).toBe('learningRate');
    expect(nearestName('epoch', names)).toBe('epochs');
    expect(nearestName('learn', names)).toBe('learningRate');
    expect(nearestName('momentum', names)).toBeUndefined();
    expect(nearestName('x'.repeat(1e6), names)).toBeUndefined();
    expect(nearestName('', names)).toBeUndefined();
  });
});
