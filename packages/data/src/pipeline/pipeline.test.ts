import { type Rng, UsageError, createRng } from '@asc/core';
import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import { type Pipeline, pipeline } from './pipeline.js';

const range = (n: number): number[] => Array.from({ length: n }, (_, i) => i);
const collect = async <T>(source: AsyncIterable<T>): Promise<T[]> => {
  const items: T[] = [];
  for await (const item of source) items.push(item);
  return items;
};
const sleep = (ms: number): Promise<void> => new Promise((resolve) => setTimeout(resolve, ms));
const numbers = (a: number, b: number): number => a - b;

/** A source that counts what it gave and notices being closed. */
function watched(n: number) {
  const state = { given: 0, closed: false };
  const open = async function* () {
    try {
      for (let i = 0; i < n; i++) {
        state.given++;
        yield i;
      }
    } finally {
      state.closed = true;
    }
  };
  return { state, open };
}

describe('pipeline', () => {
  it('does nothing until read, and starts over when read again', async () => {
    let calls = 0;
    const doubled = pipeline(range(3)).map((x) => {
      calls++;
      return 2 * x;
    });
    expect(calls).toBe(0);
    expect(await collect(doubled)).toEqual([0, 2, 4]);
    expect(await collect(doubled)).toEqual([0, 2, 4]);
    expect(calls).toBe(6);
  });

  it('reads lists, iterables, async iterables and functions', async () => {
    expect(await collect(pipeline(new Set([1, 2])))).toEqual([1, 2]);
    expect(await collect(pipeline(watched(2).open()))).toEqual([0, 1]);
    expect(await collect(pipeline(watched(2).open).batch(5))).toEqual([[0, 1]]);
    expect(() => pipeline(3 as unknown as number[])).toThrow(UsageError);
  });

  it('equals map, slice and concatenation of lists, whatever the stages hold', async () => {
    const stages = fc.record({
      n: fc.nat(40),
      concurrency: fc.integer({ min: 1, max: 6 }),
      size: fc.integer({ min: 1, max: 7 }),
      ahead: fc.integer({ min: 1, max: 5 }),
      dropLast: fc.boolean(),
    });
    await fc.assert(
      fc.asyncProperty(stages, async ({ n, concurrency, size, ahead, dropLast }) => {
        const late = async (x: number): Promise<number> => {
          if (x % 3 === 0) await Promise.resolve();
          return 10 * x;
        };
        const got = await collect(
          pipeline(range(n)).map(late, { concurrency }).prefetch(ahead).batch(size, { dropLast }).prefetch(1),
        );
        const whole = range(n).map((x) => 10 * x);
        const groups = range(Math.ceil(n / size)).map((g) => whole.slice(g * size, (g + 1) * size));
        expect(got).toEqual(groups.filter((group) => !dropLast || group.length === size));
      }),
      { seed: 2, numRuns: 60 },
    );
  });

  it('refuses impossible arguments', () => {
    const p: Pipeline<number> = pipeline([1]);
    const rng: Rng = createRng(1);
    expect(() => p.map((x) => x, { concurrency: 0 })).toThrow(UsageError);
    expect(() => p.batch(1.5)).toThrow(UsageError);
    expect(() => p.prefetch(-1)).toThrow(UsageError);
    expect(() => p.shuffle(rng, { window: 0 })).toThrow(UsageError);
    expect(() => p.map((x) => x).shuffle(rng)).toThrow(/without a window/);
  });
});

describe('shuffle', () => {
  it('gives every item once, in an order that the generator decides', async () => {
    const whole = (seed: number) => collect(pipeline(range(50)).shuffle(createRng(seed)));
    const windowed = (seed: number) => collect(pipeline(watched(50).open).shuffle(createRng(seed), { window: 8 }));
    for (const shuffled of [whole, windowed]) {
      expect([...(await shuffled(1))].sort(numbers)).toEqual(range(50));
      expect(await shuffled(1)).toEqual(await shuffled(1));
      expect(await shuffled(1)).not.toEqual(await shuffled(2));
      expect(await shuffled(1)).not.toEqual(range(50));
    }
  });

  it('with a window of w brings items at most w − 1 places forward', async () => {
    const order = await collect(pipeline(range(200)).shuffle(createRng(5), { window: 10 }));
    order.forEach((item, place) => expect(item - place).toBeLessThanOrEqual(9));
    expect(await collect(pipeline(range(9)).shuffle(createRng(5), { window: 1 }))).toEqual(range(9));
  });
});

describe('memory and flow', () => {
  it('holds a number of items that does not grow with the stream', async () => {
    const most = async (n: number): Promise<number> => {
      let live = 0;
      let peak = 0;
      const made = pipeline(watched(n).open)
        .map(
          async (x) => {
            peak = Math.max(peak, ++live);
            await Promise.resolve();
            return x;
          },
          { concurrency: 4 },
        )
        .shuffle(createRng(1), { window: 16 })
        .batch(8)
        .prefetch(2);
      for await (const batch of made) {
        await sleep(0);
        live -= batch.length;
      }
      expect(live).toBe(0);
      return peak;
    };
    const [short, long] = [await most(200), await most(2000)];
    // concurrency + window + batches under way (one building, two ahead, one read)
    expect(long).toBeLessThanOrEqual(4 + 16 + 4 * 8);
    expect(long).toBe(short);
  });

  it('reads no further ahead than it was told', async () => {
    const { state, open } = watched(100);
    const iterator = pipeline(open).prefetch(3)[Symbol.asyncIterator]();
    await sleep(5);
    expect(state.given).toBe(0);
    await iterator.next();
    await sleep(5);
    expect(state.given).toBe(1 + 3);
    await iterator.return?.();
    expect(state.closed).toBe(true);
  });

  it('works ahead while the reader is busy', async () => {
    const { state, open } = watched(4);
    for await (const item of pipeline(open).prefetch(2)) {
      await sleep(3);
      if (item === 0) expect(state.given).toBe(3);
    }
  });

  it('does not hold back a result because the source is slow', async () => {
    let release = (): void => undefined;
    const open = async function* () {
      yield 1;
      await new Promise<void>((resolve) => (release = resolve));
      yield 2;
    };
    const iterator = pipeline(open)
      .map((x) => x, { concurrency: 4 })
      [Symbol.asyncIterator]();
    expect(await iterator.next()).toEqual({ done: false, value: 1 });
    release();
    expect(await iterator.next()).toEqual({ done: false, value: 2 });
  });

  it('closes the source when the reader leaves early', async () => {
    const { state, open } = watched(1000);
    let started = 0;
    let finished = 0;
    const stages = pipeline(open)
      .map(
        async (x) => {
          started++;
          await sleep(1);
          finished++;
          return x;
        },
        { concurrency: 3 },
      )
      .batch(2)
      .shuffle(createRng(1), { window: 2 })
      .prefetch(2);
    for await (const _ of stages) break;
    expect(state.closed).toBe(true);
    expect(finished).toBe(started);
    expect(state.given).toBeLessThan(40);
  });
});

describe('failures', () => {
  const failing = (x: number): number => {
    if (x === 5) throw new RangeError('five');
    return x;
  };

  it.each([1, 3, 10])('surface at their place, and close the source (concurrency %i)', async (concurrency) => {
    const { state, open } = watched(100);
    const seen: number[] = [];
    const reading = async (): Promise<void> => {
      for await (const x of pipeline(open).map(failing, { concurrency }).prefetch(2)) seen.push(x);
    };
    await expect(reading()).rejects.toThrow(new RangeError('five'));
    expect(seen).toEqual([0, 1, 2, 3, 4]);
    expect(state.closed).toBe(true);
  });

  it('of the source come after the items before them', async () => {
    const open = function* () {
      yield 1;
      yield 2;
      throw new Error('broken source');
    };
    const seen: number[] = [];
    const reading = async (): Promise<void> => {
      const late = (x: number): Promise<number> => sleep(2).then(() => x);
      for await (const x of pipeline(open).map(late, { concurrency: 8 }).prefetch(3)) seen.push(x);
    };
    await expect(reading()).rejects.toThrow('broken source');
    expect(seen).toEqual([1, 2]);
  });

  it('by abort come at once, even from a source that hangs', async () => {
    for (const stage of [
      (p: Pipeline<number>) => p,
      (p: Pipeline<number>) => p.batch(2),
      (p: Pipeline<number>) => p.map((x) => x, { concurrency: 2 }),
      (p: Pipeline<number>) => p.prefetch(2),
      (p: Pipeline<number>) => p.map(() => new Promise<number>(() => undefined)).prefetch(1),
    ]) {
      const controller = new AbortController();
      const hanging = async function* () {
        yield 0;
        await new Promise(() => undefined);
        yield 1;
      };
      const reading = collect<unknown>(stage(pipeline(hanging, { signal: controller.signal })));
      setTimeout(() => controller.abort(new Error('stop')), 5);
      await expect(reading).rejects.toThrow('stop');
    }
    const before = collect(pipeline([1], { signal: AbortSignal.abort(new Error('never')) }));
    await expect(before).rejects.toThrow('never');
  });
});
