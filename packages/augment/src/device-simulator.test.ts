import { describe, expect, test } from '@jest/globals';
import { createRng } from '@asc/core';
import fc from 'fast-check';
import { deviceSimulator } from './device-simulator.js';

const noise = (seed: number, length: number) => createRng(seed).fillNormal(new Float32Array(length));
const rms = (x: Float32Array) => Math.sqrt(x.reduce((sum, v) => sum + v * v, 0) / x.length);

/** The sum that a convolution is, cut and as loud as before. */
function direct(x: Float32Array, response: Float32Array): Float32Array {
  const y = new Float64Array(x.length);
  for (let n = 0; n < x.length; n++) {
    for (let i = 0; i < response.length && i <= n; i++) y[n]! += x[n - i]! * response[i]!;
  }
  const energy = (v: ArrayLike<number>) => Array.from(v).reduce((sum, e) => sum + e * e, 0);
  const scale = Math.sqrt(energy(x) / energy(y));
  return Float32Array.from(y, (v) => v * scale);
}

describe('deviceSimulator', () => {
  test('is the convolution, as loud as the sound was', () => {
    fc.assert(
      fc.property(
        fc.integer({ min: 1, max: 3000 }),
        fc.integer({ min: 2, max: 300 }),
        fc.nat(),
        (length, taps, seed) => {
          const [x, response] = [noise(seed, length), noise(seed + 1, taps)];
          const y = deviceSimulator(300).apply(x, response);
          expect(y).toHaveLength(length);
          // float64 inside; the float32 result differs by rounding.
          const worst = direct(x, response).reduce((most, value, i) => Math.max(most, Math.abs(value - y[i]!)), 0);
          expect(worst).toBeLessThan(1e-5);
          expect(rms(y)).toBeCloseTo(rms(x), 4);
        },
      ),
      { seed: 81, numRuns: 40 },
    );
  });

  test('a unit impulse is the identity, to the bit; a late one a delay; its size and the zeros after it do not count', () => {
    const x = noise(1, 5000);
    const simulator = deviceSimulator(64);
    expect(simulator.apply(x, Float32Array.of(1))).toEqual(x);
    expect(simulator.apply(x, Float32Array.of(0.25, 0, 0))).toEqual(x);
    const silent = new Float32Array(5000);
    silent.set(x.subarray(0, 2000));
    const late = simulator.apply(silent, Float32Array.of(0, 0, 2));
    expect(late.subarray(2)).toEqual(silent.subarray(0, 4998));
  });

  test('one simulator serves many sounds and responses in any order', () => {
    const simulator = deviceSimulator(50);
    const once = simulator.apply(noise(1, 4000), noise(2, 50));
    simulator.apply(noise(3, 100), noise(4, 3));
    expect(simulator.apply(noise(1, 4000), noise(2, 50))).toEqual(once);
    expect(simulator.apply(new Float32Array(100), noise(2, 9)).every((v) => v === 0)).toBe(true);
    expect(simulator.apply(new Float32Array(0), noise(2, 9))).toHaveLength(0);
  });

  test('refuses what is no response', () => {
    const simulator = deviceSimulator(8);
    const x = noise(1, 10);
    expect(() => simulator.apply(x, new Float32Array(0))).toThrow('at least one sample other than 0');
    expect(() => simulator.apply(x, new Float32Array(4))).toThrow('received 4 samples of 0');
    expect(() => simulator.apply(x, noise(1, 9))).toThrow('at most the 8 samples');
    expect(() => simulator.apply(x, Float32Array.of(1, Infinity))).toThrow('received Infinity at sample 1');
    expect(() => simulator.apply(Float32Array.of(NaN), x.subarray(0, 3))).toThrow('The sound is not finite');
    expect(() => deviceSimulator(0)).toThrow('received 0');
  });
});
