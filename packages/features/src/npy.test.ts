import { describe, expect, test } from '@jest/globals';
import { DataError, UsageError } from '@asc/core';
import fc from 'fast-check';
import { goldenBytes } from './golden.test.helpers.js';
import { decodeNpy, encodeNpy, featureMapToNpy } from './npy.js';

const sevenths = Float32Array.from({ length: 24 }, (_, i) => Math.fround(i) / 7);

describe('npy', () => {
  test('the bytes are those numpy.save writes', () => {
    expect(encodeNpy(sevenths, [2, 3, 4])).toEqual(goldenBytes('f4.npy'));
    expect(featureMapToNpy({ data: sevenths, bands: 2, frames: 3, channels: 4 })).toEqual(goldenBytes('f4.npy'));
  });

  test('files of numpy.save are read: float32, and float64 rounded', () => {
    expect(decodeNpy(goldenBytes('f4.npy'))).toEqual({ dtype: 'float32', shape: [2, 3, 4], data: sevenths });
    const wide = decodeNpy(goldenBytes('f8.npy'));
    expect(wide.shape).toEqual([5]);
    expect(wide.data).toEqual(Float32Array.from({ length: 5 }, (_, i) => i / 3));
  });

  test('a round trip returns shape and bits, NaN and infinities included', () => {
    fc.assert(
      fc.property(fc.array(fc.integer({ min: 0, max: 5 }), { maxLength: 4 }), fc.nat(), (shape, seed) => {
        const size = shape.reduce((product, length) => product * length, 1);
        const data = Float32Array.from(
          { length: size },
          (_, i) => [Number.NaN, -Infinity, -0, seed / 3][(seed + i) % 4]!,
        );
        const back = decodeNpy(encodeNpy(data, shape));
        expect(back.shape).toEqual(shape);
        expect(back.data).toEqual(data);
      }),
      { seed: 11, numRuns: 100 },
    );
  });

  test('wrong shapes and damaged files are refused', () => {
    const good = encodeNpy(sevenths, [24]);
    expect(() => encodeNpy(sevenths, [5, 5])).toThrow(UsageError);
    expect(() => encodeNpy(new Float32Array(0), [-1, 0])).toThrow(UsageError);
    expect(() => decodeNpy(new Uint8Array(0))).toThrow(DataError);
    expect(() => decodeNpy(good.subarray(0, 40))).toThrow(DataError);
    expect(() => decodeNpy(good.subarray(0, good.length - 1))).toThrow(/95/);
    expect(() => decodeNpy(good.subarray(1))).toThrow(/magic/);
    const text = new TextDecoder('latin1').decode(good);
    const edited = (from: string, to: string): Uint8Array =>
      Uint8Array.from(text.replace(from, to), (character, i) => (i >= 128 ? good[i]! : character.charCodeAt(0)));
    expect(() => decodeNpy(edited('<f4', '<i4'))).toThrow(/float32 or float64/);
    expect(() => decodeNpy(edited('False', 'True '))).toThrow(/C order/);
    expect(() => decodeNpy(edited('(24,)', '(-4,)'))).toThrow(DataError);
  });
});
