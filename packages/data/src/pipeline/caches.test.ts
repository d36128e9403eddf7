import { execFile, spawnSync } from 'node:child_process';
import { mkdir, readFile, readdir, stat, truncate, utimes, writeFile } from 'node:fs/promises';
import { hostname } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { DataError, UsageError } from '@asc/core';
import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import { withFolder } from '../test-folder.test.helper.js';
import { type ArrayCache, type CacheEntry, cached, memoryCache } from './array-cache.js';
import { decodeEntry, encodeEntry } from './cache-file.js';
import { diskCache } from './disk-cache.js';
import { fromHalf, MAX_HALF, packHalves, toHalf, unpackHalves } from './half.js';
import { pipeline } from './pipeline.js';

const entry = (value: number, length = 4): CacheEntry => ({
  data: new Float32Array(length).fill(value),
  meta: { value },
});
const never = (): never => {
  throw new Error('made again');
};

async function behaves(cache: ArrayCache): Promise<void> {
  let made = 0;
  const make = async (): Promise<CacheEntry> => {
    made++;
    await new Promise((resolve) => setTimeout(resolve, 2));
    return entry(7);
  };
  const [a, b] = await Promise.all([cache.get('k', make), cache.get('k', make)]);
  expect(made).toBe(1);
  expect(a).toEqual(entry(7));
  // What came out belongs to the caller.
  a.data[0] = 99;
  expect(b).toEqual(entry(7));
  expect(await cache.get('k', never)).toEqual(entry(7));
  await expect(cache.get('other', never)).rejects.toThrow('made again');
  expect(await cache.get('other', () => entry(1))).toEqual(entry(1));
  const read = pipeline([1, 2, 1]).map(
    cached(
      cache,
      (x) => `n${x}`,
      (x) => entry(x),
    ),
  );
  const values: number[] = [];
  for await (const { data } of read) values.push(data[0] ?? NaN);
  expect(values).toEqual([1, 2, 1]);
}

describe('memoryCache', () => {
  it('makes each entry once and gives every caller a copy', async () => {
    await behaves(memoryCache({ maxBytes: 1000 }));
  });

  it('stays within its bytes, forgetting what was unused for longest', async () => {
    const cache = memoryCache({ maxBytes: 3 * 40 });
    for (const k of ['a', 'b', 'c']) await cache.get(k, () => entry(1, 10));
    await cache.get('a', never);
    await cache.get('d', () => entry(1, 10));
    expect(cache.bytes).toBe(120);
    await cache.get('a', never);
    await expect(cache.get('b', never)).rejects.toThrow('made again');
    expect((await cache.get('huge', () => entry(1, 1000))).data).toHaveLength(1000);
    expect(cache.bytes).toBe(120);
    expect(() => memoryCache({ maxBytes: 0 })).toThrow(UsageError);
  });

  it('keeps halves of numbers in half the room, as a cache on disk would give them', async () => {
    const cache = memoryCache({ maxBytes: 2 * 40, dtype: 'float16' });
    const third = (): CacheEntry => entry(1 / 3, 10);
    const first = await cache.get('a', third);
    expect(cache.bytes).toBe(20);
    await withFolder(async (folder) => {
      expect(await diskCache(folder, { dtype: 'float16' }).get('a', third)).toEqual(first);
    });
    expect(await cache.get('a', never)).toEqual(first);
    await expect(cache.get('big', () => entry(70_000))).rejects.toThrow(/does not fit half precision/);
    expect(() => memoryCache({ maxBytes: 1, dtype: 'float64' as 'float16' })).toThrow(UsageError);
  });
});

describe('cache files', () => {
  it('give back what was put in, and nothing for another key', () => {
    const data = fc.float32Array({ maxLength: 40 });
    fc.assert(
      fc.property(fc.string(), data, fc.jsonValue(), (key, values, meta) => {
        // JSON has no minus zero.
        const plain: unknown = JSON.parse(JSON.stringify(meta));
        const bytes = encodeEntry(key, { data: values, meta: plain }, 'float32');
        expect(decodeEntry(bytes, key, 'float32')).toEqual({ data: values, meta: plain });
        expect(decodeEntry(bytes, `${key}!`, 'float32')).toBeUndefined();
      }),
      { seed: 3, numRuns: 100 },
    );
  });

  it('begin as the .npy file numpy writes of the same array', async () => {
    const golden = await readFile(new URL('../../../../golden/features/f4.npy', import.meta.url));
    const data = Float32Array.from({ length: 24 }, (_, i) => i / 7);
    const bytes = encodeEntry('key', { data, meta: null, shape: [2, 3, 4] }, 'float32');
    expect(bytes.subarray(0, golden.length)).toEqual(golden);
  });

  it('are refused when any byte is changed or missing', () => {
    const whole = encodeEntry('key', entry(3), 'float32');
    for (let at = 0; at < whole.length; at++) {
      const damaged = Buffer.from(whole);
      damaged[at] = (damaged[at] ?? 0) ^ 0x10;
      expect(decodeEntry(damaged, 'key', 'float32')).toBeUndefined();
      expect(decodeEntry(whole.subarray(0, at), 'key', 'float32')).toBeUndefined();
    }
  });
});

describe('half precision', () => {
  it('gives back every number it has, and the nearest one otherwise', () => {
    for (let bits = 0; bits < 0x10000; bits++) {
      const value = fromHalf(bits);
      if (Number.isFinite(value)) expect(toHalf(value)).toBe(bits);
    }
    fc.assert(
      fc.property(fc.double({ min: -MAX_HALF, max: MAX_HALF, noNaN: true }), (x) => {
        const bits = toHalf(x);
        const miss = Math.abs(fromHalf(bits) - x);
        for (const near of [bits - 1, bits + 1]) {
          if ((near & 0x7fff) < 0x7c00 && near >= 0) expect(miss).toBeLessThanOrEqual(Math.abs(fromHalf(near) - x));
        }
      }),
      { seed: 11, numRuns: 300 },
    );
    expect(fromHalf(toHalf(NaN))).toBeNaN();
  });

  it('is the same for whole arrays', () => {
    const all = Uint16Array.from({ length: 0x10000 }, (_, bits) => bits);
    expect(unpackHalves(all)).toEqual(Float32Array.from(all, fromHalf));
    const values = fc.float32Array({ min: -MAX_HALF, max: MAX_HALF, maxLength: 40 });
    const near = fc.float32Array({ min: -1, max: 1, maxLength: 40 }).map((few) => few.map((x) => x * 2 ** -13));
    fc.assert(
      fc.property(fc.oneof(values, near), (data) => {
        expect(packHalves(data)).toEqual(Uint16Array.from(data, toHalf));
      }),
      { seed: 12, numRuns: 300 },
    );
    // Halves between which a number lies in the middle, and the last that rounds down to the largest.
    const middles = Float32Array.from({ length: 0x7bff }, (_, bits) => (fromHalf(bits) + fromHalf(bits + 1)) / 2);
    expect(packHalves(middles)).toEqual(Uint16Array.from(middles, toHalf));
    expect(() => packHalves(Float32Array.of(0, 65_505))).toThrow(/does not fit half precision[^]*received 65505/);
  });
});

describe('diskCache', () => {
  it('makes each entry once and gives every caller a copy', async () => {
    await withFolder((folder) => behaves(diskCache(join(folder, 'new', 'cache'))));
  });

  it('makes a damaged entry again', async () => {
    await withFolder(async (folder) => {
      await diskCache(folder).get('k', () => entry(1));
      const [name = ''] = (await readdir(folder, { recursive: true })).filter((file) => file.endsWith('.npy'));
      await truncate(join(folder, name), 50);
      expect(await diskCache(folder).get('k', () => entry(1))).toEqual(entry(1));
      expect(await diskCache(folder).get('k', never)).toEqual(entry(1));
      expect((await readFile(join(folder, name))).length).toBeGreaterThan(50);
    });
  });

  it('serves several processes at once and leaves no litter', async () => {
    await withFolder(async (folder) => {
      const script = fileURLToPath(new URL('./cache-process.test.helper.js', import.meta.url));
      const run = promisify(execFile);
      const outs = await Promise.all([1, 2, 3].map(() => run(process.execPath, [script, folder])));
      expect(outs.map(({ stdout }) => stdout)).toEqual(['300000', '300000', '300000']);
      const files = (await readdir(folder, { recursive: true })).filter((name) => name.includes('.'));
      expect(files.filter((name) => !name.endsWith('.npy'))).toEqual([]);
      expect(files).toHaveLength(20);
    });
  });

  it('keeps halves of numbers, the same from the first time on, and refuses those that do not fit', async () => {
    await withFolder(async (folder) => {
      const given = (): CacheEntry => ({ data: Float32Array.of(1 / 3, -2049, 1e-7, 0), meta: null, shape: [2, 2] });
      const cache = () => diskCache(folder, { dtype: 'float16' });
      const first = await cache().get('k', given);
      // numpy.float32([1/3, -2049, 1e-7, 0]).astype('float16')
      expect([...first.data]).toEqual([0.333251953125, -2048, 1.1920928955078125e-7, 0]);
      expect(await cache().get('k', never)).toEqual(first);
      // Whoever wants all bits does not get halves.
      expect((await diskCache(folder).get('k', given)).data).toEqual(given().data);
      await expect(cache().get('big', () => entry(70_000))).rejects.toThrow(/does not fit half precision/);
    });
  });

  it('stays within its bytes, forgetting what was unused for longest, whoever wrote it', async () => {
    await withFolder(async (folder) => {
      const bytes = encodeEntry('00', entry(1, 1000), 'float32').length;
      const cache = (): ArrayCache => diskCache(folder, { maxBytes: 10 * bytes + 20 });
      const held = async (): Promise<string[]> =>
        (await readdir(folder, { recursive: true })).filter((name) => name.endsWith('.npy'));
      const one = cache();
      for (let i = 0; i < 10; i++) {
        await one.get(`0${i}`, () => entry(i, 1000));
        // Their times say how long ago each was used.
        for (const name of await held()) {
          const { mtimeMs } = await stat(join(folder, name));
          await utimes(join(folder, name), mtimeMs / 1000 - 100, mtimeMs / 1000 - 100);
        }
      }
      await one.get('00', never);
      await cache().get('10', () => entry(10, 1000));
      expect(await held()).toHaveLength(9);
      await one.get('00', never);
      await expect(one.get('01', never)).rejects.toThrow('made again');
      expect((await one.get('huge', () => entry(1, 20_000))).data).toHaveLength(20_000);
      expect(await held()).toHaveLength(9);
    });
  });

  it('removes what killed processes left half-written, and nothing of those that live', async () => {
    await withFolder(async (folder) => {
      const unfinished = join(folder, 'unfinished');
      await mkdir(unfinished);
      const dead = spawnSync(process.execPath, ['-e', '']).pid;
      for (const name of [`${hostname()}~${dead}~a`, `${hostname()}~${process.pid}~b`, 'elsewhere~1~c']) {
        await writeFile(join(unfinished, name), 'half');
      }
      await diskCache(folder).get('k', () => entry(1));
      expect((await readdir(unfinished)).sort()).toEqual([`${hostname()}~${process.pid}~b`, 'elsewhere~1~c'].sort());
    });
  });

  it('says where it cannot write', async () => {
    await withFolder(async (folder) => {
      await writeFile(join(folder, 'file'), '');
      const blocked = diskCache(join(folder, 'file', 'cache')).get('k', () => entry(1));
      await expect(blocked).rejects.toBeInstanceOf(DataError);
      await expect(blocked).rejects.toThrow(/Cannot (read|write) the cache entry/);
    });
    if (process.platform !== 'linux') return;
    await expect(diskCache('/proc/none/such').get('k', () => entry(1))).rejects.toThrow(/Cannot write the cache entry/);
  });
});
