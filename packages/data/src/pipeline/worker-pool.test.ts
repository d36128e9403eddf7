import { AscError, DataError, UsageError, createRng } from '@asc/core';
import { afterEach, describe, expect, it } from '@jest/globals';
import { pipeline } from './pipeline.js';
import { type WorkerPool, workerPool } from './worker-pool.js';

const MODULE = new URL('./pool-functions.test.helper.js', import.meta.url);
const pools: WorkerPool[] = [];
const open = (...options: [workers?: number, signal?: AbortSignal]): WorkerPool => {
  const [workers = 2, signal] = options;
  const pool = workerPool(MODULE, { workers, ...(signal && { signal }) });
  pools.push(pool);
  return pool;
};
afterEach(async () => {
  await Promise.all(pools.splice(0).map((pool) => pool.close()));
});
const collect = async <T>(source: AsyncIterable<T>): Promise<T[]> => {
  const items: T[] = [];
  for await (const item of source) items.push(item);
  return items;
};

describe('workerPool', () => {
  it('runs exported functions, on all threads', async () => {
    const pool = open(2);
    expect(await Promise.all([1, 2, 3].map((x) => pool.run<number>('double', x)))).toEqual([2, 4, 6]);
    const threads = await Promise.all(Array.from({ length: 8 }, () => pool.run<number>('thread', null)));
    expect(new Set(threads).size).toBe(2);
  });

  it('gives results in the order of the items, whichever is done first', async () => {
    const rng = createRng(1);
    const items = Array.from({ length: 30 }, (_, index) => ({ index, ms: rng.integer(12) }));
    const results = await collect(pipeline(items).parallelMap<number>(open(3), 'slowFirst'));
    expect(results).toEqual(items.map(({ index }) => index));
  });

  it('moves buffers both ways', async () => {
    const pool = open(1);
    const ramp = await pool.run<Float32Array>('ramp', 4);
    expect(Array.from(ramp)).toEqual([0, 1, 2, 3]);
    expect(await pool.run('sum', ramp, [ramp.buffer])).toBe(6);
    expect(ramp.length).toBe(0);
  });

  it('throws again what the function threw: class, message, parts', async () => {
    const pool = open(1);
    const failed = pool.run('failWith', 'data');
    await expect(failed).rejects.toBeInstanceOf(DataError);
    await expect(failed).rejects.toMatchObject({
      message: 'bad.wav is cut\nexpected 100, received 7\nagain',
      parts: { what: 'bad.wav is cut', expected: '100', received: '7', hint: 'again' },
    });
    await expect(pool.run('failWith', 'range')).rejects.toBeInstanceOf(RangeError);
    await expect(pool.run('failWith', 'code')).rejects.toMatchObject({ message: 'gone', code: 'ENOENT' });
    await expect(pool.run('failWith', 'text')).rejects.toThrow('just text');
    await expect(pool.run('uncloneable', null)).rejects.toThrow(/could not be cloned/);
    await expect(pool.run('double', () => 1)).rejects.toThrow(/could not be cloned/);
    await expect(pool.run('dubble', 1)).rejects.toThrow(/exports no function "dubble"[^]*double/);
    await expect(pool.run('notAFunction', 1)).rejects.toThrow(UsageError);
    expect(await pool.run('double', 4)).toBe(8);
  });

  it('reports a module that cannot be loaded', async () => {
    const pool = workerPool(new URL('./no-such-module.js', import.meta.url), { workers: 1 });
    pools.push(pool);
    await expect(pool.run('double', 1)).rejects.toThrow(/Cannot find module/);
  });

  it.each(['die', 'crash'])('notices the death of a thread (%s) and fails all its calls', async (way) => {
    const pool = open(2);
    const other = pool.run('forever', null);
    const settled = Promise.allSettled([other, pool.run(way, null)]);
    for (const outcome of await settled) {
      expect(outcome).toMatchObject({ status: 'rejected' });
      expect((outcome as PromiseRejectedResult).reason).toBeInstanceOf(AscError);
      expect(String((outcome as PromiseRejectedResult).reason)).toMatch(
        way === 'die' ? /ended on its own, with exit code 7/ : /outside of any call/,
      );
    }
    await expect(pool.run('double', 1)).rejects.toThrow(AscError);
  });

  it('rejects calls after close, and those in flight', async () => {
    const pool = open(1);
    const hanging = pool.run('forever', null);
    const handled = expect(hanging).rejects.toThrow('was closed');
    await pool.close();
    await pool.close();
    await handled;
    await expect(pool.run('double', 1)).rejects.toThrow('was closed');
  });

  it('stops at once on abort, with the reason of the signal', async () => {
    const controller = new AbortController();
    const pool = open(2, controller.signal);
    const reading = collect(
      pipeline([1, 2, 3, 4, 5], { signal: controller.signal }).parallelMap(pool, 'forever').prefetch(2),
    );
    setTimeout(() => controller.abort(new Error('enough')), 20);
    await expect(reading).rejects.toThrow('enough');
    await expect(pool.run('double', 1)).rejects.toThrow('enough');
    await expect(open(1, AbortSignal.abort(new Error('before'))).run('double', 1)).rejects.toThrow('before');
  });

  it('keeps to its bound and stops reading the source when the reader leaves', async () => {
    let read = 0;
    let closed = false;
    const source = function* () {
      try {
        for (;;) yield read++;
      } finally {
        closed = true;
      }
    };
    const pool = open(2);
    for await (const value of pipeline(source).parallelMap<number>(pool, 'double', { inFlight: 3 })) {
      if (value === 20) break;
    }
    expect(read).toBeLessThanOrEqual(11 + 3 + 1);
    expect(closed).toBe(true);
    expect(await pool.run('double', 1)).toBe(2);
  });

  it('refuses impossible options', () => {
    expect(() => workerPool(MODULE, { workers: 0 })).toThrow(UsageError);
    expect(() => workerPool('./x.js' as unknown as URL)).toThrow(/needs the URL/);
  });
});
