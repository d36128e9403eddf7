import { describe, expect, test } from '@jest/globals';
import { UsageError } from './errors.js';
import { float32Data, ndArray, sizeOf } from './nd-array.js';

describe('ndArray', () => {
  test('wraps data without copying and fills in zeros', () => {
    const data = Float32Array.of(1, 2, 3, 4, 5, 6);
    expect(ndArray('float32', [2, 3], data).data).toBe(data);
    expect(ndArray('int32', [2]).data).toEqual(new Int32Array(2));
    expect(ndArray('bool', []).data).toEqual(new Uint8Array(1));
    expect(ndArray('float32', [3, 0]).data).toHaveLength(0);
    expect(sizeOf([])).toBe(1);
  });

  test('keeps its own shape', () => {
    const shape = [2];
    const array = ndArray('float32', shape);
    shape[0] = 9;
    expect(array.shape).toEqual([2]);
  });

  test('refuses data of another type or length, and sizes that are not counts', () => {
    expect(() => ndArray('float32', [2, 3], new Float32Array(5))).toThrow('expected Float32Array of length 6');
    // @ts-expect-error: what an untyped caller may pass
    expect(() => ndArray('float32', [2], [1, 2])).toThrow('received [1, 2]');
    // @ts-expect-error: what an untyped caller may pass
    expect(() => ndArray('float32', [2], new Int32Array(2))).toThrow(UsageError);
    // @ts-expect-error: what an untyped caller may pass
    expect(() => ndArray('float16', [2])).toThrow('one of "float32", "int32", "bool"');
    expect(() => ndArray('float32', [-1])).toThrow('received -1');
    expect(() => ndArray('float32', [2 ** 30, 2 ** 30])).toThrow('too large');
    expect(() => ndArray('float32', [1.5])).toThrow('received 1.5');
  });

  test('float32Data gives the numbers or names the wrong type', () => {
    const array = ndArray('float32', [2]);
    expect(float32Data('features', array)).toBe(array.data);
    expect(() => float32Data('labels', ndArray('int32', [2]))).toThrow(
      'labels has the wrong element type.\nexpected float32, received int32',
    );
  });
});
