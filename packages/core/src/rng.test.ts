import { describe, expect, test } from '@jest/globals';
import fc from 'fast-check';
import { UsageError } from './errors.js';
import { createRng } from './rng.js';
import type { Rng } from './types.js';

const RUNS = { seed: 20, numRuns: 100 };
const key = fc.oneof(fc.string(), fc.integer(), fc.double({ noNaN: true, noDefaultInfinity: true }));
const path = fc.array(key, { minLength: 1, maxLength: 4 });

function draws(rng: Rng, count = 8): number[] {
  return Array.from({ length: count }, () => rng.integer(2 ** 32));
}

function moments(values: ArrayLike<number>): { mean: number; variance: number } {
  let sum = 0;
  let squares = 0;
  for (let i = 0; i < values.length; i++) sum += values[i] ?? 0;
  const mean = sum / values.length;
  for (let i = 0; i < values.length; i++) squares += ((values[i] ?? 0) - mean) ** 2;
  return { mean, variance: squares / values.length };
}

/** Kolmogorov–Smirnov: sqrt(n) times the largest distance to the distribution function; above 1.95 once in 1000. */
function ksDistance(values: Float64Array | Float32Array, cdf: (x: number) => number): number {
  const sorted = values.slice().sort();
  let worst = 0;
  sorted.forEach((x, i) => {
    const f = cdf(x);
    worst = Math.max(worst, f - i / sorted.length, (i + 1) / sorted.length - f);
  });
  return worst * Math.sqrt(sorted.length);
}

/** Normal distribution function; Abramowitz and Stegun 26.2.17, within 7.5e-8. */
function normalCdf(x: number): number {
  const t = 1 / (1 + 0.2316419 * Math.abs(x));
  const poly = t * (0.31938153 + t * (-0.356563782 + t * (1.781477937 + t * (-1.821255978 + t * 1.330274429))));
  const tail = (Math.exp((-x * x) / 2) / Math.sqrt(2 * Math.PI)) * poly;
  return x > 0 ? 1 - tail : tail;
}

describe('streams', () => {
  test('equal seeds and paths give equal numbers, whatever was drawn before', () => {
    fc.assert(
      fc.property(key, path, fc.nat(20), (seed, keys, before) => {
        const quiet = createRng(seed);
        const busy = createRng(seed);
        for (let i = 0; i < before; i++) busy.normal();
        busy.split('elsewhere').uniform();
        expect(draws(busy.split(...keys))).toEqual(draws(quiet.split(...keys)));
      }),
      RUNS,
    );
  });

  test('drawing from a child leaves its parent where it was', () => {
    const a = createRng(3);
    const b = createRng(3);
    draws(a.split('x'), 50);
    expect(draws(a)).toEqual(draws(b));
  });

  test('splitting by several keys is splitting one after the other', () => {
    fc.assert(
      fc.property(key, path, (seed, keys) => {
        let stepwise = createRng(seed);
        for (const k of keys) stepwise = stepwise.split(k);
        expect(draws(createRng(seed).split(...keys))).toEqual(draws(stepwise));
      }),
      RUNS,
    );
  });

  test('different paths give different numbers', () => {
    const id = (keys: readonly (string | number)[]): string =>
      JSON.stringify(keys.map((k) => [typeof k, k === 0 ? 0 : k]));
    fc.assert(
      fc.property(path, path, (a, b) => {
        fc.pre(id(a) !== id(b));
        expect(draws(createRng(1).split(...a))).not.toEqual(draws(createRng(1).split(...b)));
      }),
      RUNS,
    );
  });

  test('paths that look alike are told apart', () => {
    const root = createRng(0);
    const streams = [
      createRng(0),
      createRng('0'),
      createRng(''),
      root.split(1),
      root.split('1'),
      root.split('a', 'b'),
      root.split('ab'),
      root.split('ab', ''),
      root.split('', 'ab'),
      root.split('a\0'),
      root.split('a'),
      root.split('a\0\0\0'),
      root.split(1, 2),
      root.split(2, 1),
      root.split(12),
      root.split(0.1),
      root.split(1e300),
    ];
    expect(new Set(streams.map((rng) => draws(rng).join())).size).toBe(streams.length);
    expect(draws(root.split(-0))).toEqual(draws(root.split(0)));
  });

  test('first draws of 100,000 numbered children are uniform and uncorrelated', () => {
    const root = createRng('children');
    const first = Float64Array.from({ length: 100_000 }, (_, i) => root.split(i).uniform());
    expect(ksDistance(first, (x) => x)).toBeLessThan(1.95);
    let lagged = 0;
    for (let i = 1; i < first.length; i++) lagged += ((first[i] ?? 0) - 0.5) * ((first[i - 1] ?? 0) - 0.5);
    expect(Math.abs((lagged / first.length) * 12)).toBeLessThan(4 / Math.sqrt(first.length));
  });

  test('bad seeds and keys are refused with their value', () => {
    expect(() => createRng(NaN)).toThrow(/received NaN/);
    expect(() => createRng(Infinity)).toThrow(UsageError);
    // @ts-expect-error: what an untyped caller may pass
    expect(() => createRng()).toThrow(/received undefined/);
    expect(() => createRng(1).split()).toThrow(/at least one key/);
    // @ts-expect-error: what an untyped caller may pass
    expect(() => createRng(1).split('a', null)).toThrow(/received null/);
  });
});

describe('draws', () => {
  test('uniform: 24 bits in [0, 1), the right moments and distribution', () => {
    const values = createRng('uniform').fillUniform(new Float32Array(200_000));
    const { mean, variance } = moments(values);
    expect(Math.abs(mean - 0.5)).toBeLessThan(4 * Math.sqrt(1 / 12 / values.length));
    expect(variance).toBeCloseTo(1 / 12, 3);
    expect(values.every((x) => x >= 0 && x < 1 && Number.isInteger(x * 2 ** 24))).toBe(true);
    expect(ksDistance(values, (x) => x)).toBeLessThan(1.95);
  });

  test('normal: the right moments and distribution, finite tails', () => {
    const values = createRng('normal').fillNormal(new Float32Array(200_000));
    const { mean, variance } = moments(values);
    expect(Math.abs(mean)).toBeLessThan(4 / Math.sqrt(values.length));
    expect(Math.abs(variance - 1)).toBeLessThan(4 * Math.sqrt(2 / values.length));
    expect(ksDistance(values, normalCdf)).toBeLessThan(1.95);
    const largest = values.reduce((most, x) => Math.max(most, Math.abs(x)), 0);
    expect(largest).toBeGreaterThan(4);
    expect(largest).toBeLessThan(6.7);
  });

  test('filling is drawing one by one, at any alignment', () => {
    fc.assert(
      fc.property(fc.nat(), fc.nat(9), fc.nat(30), fc.boolean(), (seed, before, count, gaussian) => {
        const a = createRng(seed);
        const b = createRng(seed);
        for (let i = 0; i < before; i++) expect(a.uniform()).toBe(b.uniform());
        expect(a.normal()).toBe(b.normal());
        const filled = gaussian ? a.fillNormal(new Float32Array(count)) : a.fillUniform(new Float32Array(count));
        const single = Array.from({ length: count }, () => Math.fround(gaussian ? b.normal() : b.uniform()));
        expect([...filled]).toEqual(single);
        expect(draws(a)).toEqual(draws(b));
        expect(a.normal()).toBe(b.normal());
      }),
      RUNS,
    );
  });

  test('integer: in range, unbiased where 2^32 is not a multiple, and beyond 32 bits', () => {
    fc.assert(
      fc.property(fc.nat(), fc.integer({ min: 1, max: Number.MAX_SAFE_INTEGER }), (seed, below) => {
        const value = createRng(seed).integer(below);
        expect(Number.isSafeInteger(value) && value >= 0 && value < below).toBe(true);
      }),
      RUNS,
    );
    // With plain remainders, results below 2^30 would be twice as likely as the rest.
    const rng = createRng('integer');
    const below = 3 * 2 ** 30;
    let low = 0;
    for (let i = 0; i < 30_000; i++) if (rng.integer(below) < 2 ** 30) low++;
    expect(Math.abs(low / 30_000 - 1 / 3)).toBeLessThan(0.011);
    const large = Float64Array.from({ length: 20_000 }, () => rng.integer(3 * 2 ** 51) / (3 * 2 ** 51));
    expect(ksDistance(large, (x) => x)).toBeLessThan(1.95);
    expect(rng.integer(1)).toBe(0);
    for (const bad of [0, -1, 1.5, NaN, 2 ** 53]) expect(() => rng.integer(bad)).toThrow(UsageError);
  });

  test('permutation: every index once, every order as likely', () => {
    fc.assert(
      fc.property(fc.nat(), fc.nat(50), (seed, n) => {
        const order = createRng(seed).permutation(n);
        expect([...order].sort((a, b) => a - b)).toEqual(Array.from({ length: n }, (_, i) => i));
      }),
      RUNS,
    );
    const counts = new Map<string, number>();
    const rng = createRng('permutation');
    for (let i = 0; i < 24_000; i++) {
      const order = rng.permutation(4).join('');
      counts.set(order, (counts.get(order) ?? 0) + 1);
    }
    let chiSquare = 0;
    for (const count of counts.values()) chiSquare += (count - 1000) ** 2 / 1000;
    expect(counts.size).toBe(24);
    expect(chiSquare).toBeLessThan(49.7); // 23 degrees of freedom, once in 1000
    for (const bad of [-1, 0.5, NaN, 2 ** 31]) expect(() => rng.permutation(bad)).toThrow(UsageError);
  });

  test.each([
    [0.2, 0.2],
    [0.01, 0.01],
    [0.01, 3],
    [1, 1],
    [2, 5],
    [1e4, 2e4],
  ])('beta(%d, %d): in [0, 1] with the right mean and variance', (a, b) => {
    const rng = createRng('beta').split(a, b);
    const values = Float64Array.from({ length: 50_000 }, () => rng.beta(a, b));
    const { mean, variance } = moments(values);
    const wantMean = a / (a + b);
    const wantVariance = (a * b) / ((a + b) ** 2 * (a + b + 1));
    expect(values.every((x) => x >= 0 && x <= 1)).toBe(true);
    expect(Math.abs(mean - wantMean)).toBeLessThan(4 * Math.sqrt(wantVariance / values.length));
    // Heavily skewed shapes have few large values to estimate a variance from.
    expect(Math.abs(variance / wantVariance - 1)).toBeLessThan(a === b || a > 1 ? 0.05 : 0.3);
  });

  test('beta has the right distribution where it is known in closed form', () => {
    const rng = createRng('beta-ks');
    const uniform = Float64Array.from({ length: 20_000 }, () => rng.beta(1, 1));
    const arcsine = Float64Array.from({ length: 20_000 }, () => rng.beta(0.5, 0.5));
    const power = Float64Array.from({ length: 20_000 }, () => rng.beta(0.2, 1));
    expect(ksDistance(uniform, (x) => x)).toBeLessThan(1.95);
    expect(ksDistance(arcsine, (x) => (2 / Math.PI) * Math.asin(Math.sqrt(x)))).toBeLessThan(1.95);
    expect(ksDistance(power, (x) => x ** 0.2)).toBeLessThan(1.95);
  });

  test('beta is never NaN for extreme shapes, and refuses those that make no sense', () => {
    const shape = fc.double({ min: 1e-300, max: 1e300, noNaN: true });
    fc.assert(
      fc.property(fc.nat(), shape, shape, (seed, a, b) => {
        const value = createRng(seed).beta(a, b);
        expect(value >= 0 && value <= 1).toBe(true);
      }),
      RUNS,
    );
    for (const bad of [0, -1, NaN, Infinity]) expect(() => createRng(1).beta(1, bad)).toThrow(UsageError);
  });
});
