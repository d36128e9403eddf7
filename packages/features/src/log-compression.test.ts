import { describe, expect, test } from '@jest/globals';
import { clipBelowPeak, compressInPlace } from './log-compression.js';

describe('log compression', () => {
  test('ln adds eps, decibels stop at amin, none leaves the values', () => {
    const values = (): Float64Array => Float64Array.of(0, 1, 10);
    const [ln, db, none] = [values(), values(), values()];
    compressInPlace(ln, { kind: 'ln', eps: 0.5 });
    compressInPlace(db, { kind: 'db', amin: 1e-10, topDb: null });
    compressInPlace(none, { kind: 'none' });
    expect([...ln]).toEqual([Math.log(0.5), Math.log(1.5), Math.log(10.5)]);
    expect([...db]).toEqual([-100, 0, 10]);
    expect(none).toEqual(values());
  });

  test('clipping keeps what is within topDb of the peak', () => {
    const values = Float32Array.of(-100, -79, 1);
    clipBelowPeak(values, 1, 80);
    expect([...values]).toEqual([-79, -79, 1]);
  });
});
