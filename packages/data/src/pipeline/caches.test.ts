import { execFile } from 'node:child_process';
import { readFile, readdir, truncate, writeFile } from 'node:fs/promises';
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
});

describe('cache files', () => {
  it('give back what was put in, and nothing for another key', () => {
    const data = fc.float32Array({ maxLength: 40 });
    fc.assert(
      fc.property(fc.string(), data, fc.jsonValue(), (key, values, meta) => {
        // JSON has no minus zero.
        const plain: unknown = JSON.parse(JSON.stringify(meta));
        const bytes = Buffer.from(encodeEntry(key, { data: values, meta: plain }));
        expect(decodeEntry(bytes, key)).toEqual({ data: values, meta: plain });
        expect(decodeEntry(bytes, `${key}!`)).toBeUndefined();
      }),
      { seed: 3, numRuns: 100 },
    );
  });

  it('are refused when any byte is changed or missing', () => {
    const whole = Buffer.from(encodeEntry('key', entry(3)));
    for (let at = 0; at < whole.length; at++) {
      const damaged = Buffer.from(whole);
      damaged[at] = (damaged[at] ?? 0) ^ 0x10;
      expect(decodeEntry(damaged, 'key')).toBeUndefined();
      expect(decodeEntry(whole.subarray(0, at), 'key')).toBeUndefined();
    }
  });
});

describe('diskCache', () => {
  it('makes each entry once and gives every caller a copy', async () => {
    await withFolder((folder) => behaves(diskCache(join(folder, 'new', 'cache'))));
  });

  it('makes a damaged entry again', async () => {
    await withFolder(async (folder) => {
      await diskCache(folder).get('k', () => entry(1));
      const [name = ''] = (await readdir(folder, { recursive: true })).filter((file) => file.endsWith('.bin'));
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
      expect(files.filter((name) => !name.endsWith('.bin'))).toEqual([]);
      expect(files).toHaveLength(20);
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
