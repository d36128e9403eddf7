import { afterEach, beforeEach, describe, expect, test } from '@jest/globals';
import { mkdtemp, readdir, readFile, rm, utimes, writeFile } from 'node:fs/promises';
import { hostname, tmpdir } from 'node:os';
import { join } from 'node:path';
import { isLocked, takeLock, type LockHolder } from './take-lock.js';

let folder: string;
let path: string;
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'asc-lock-'));
  path = join(folder, 'lock');
});
afterEach(() => rm(folder, { recursive: true }));

const take = () => takeLock(path, (holder) => new Error(`held by ${holder?.pid}`));
const left = (holder: LockHolder) => writeFile(path, JSON.stringify(holder));

describe('takeLock', () => {
  test('lets one in, until it is given back', async () => {
    const release = await take();
    await expect(take()).rejects.toThrow(`held by ${process.pid}`);
    expect(await isLocked(path)).toBe(true);
    await release();
    expect([await isLocked(path), await readdir(folder)]).toEqual([false, []]);
  });

  test('takes over what nobody holds: a dead process, an earlier one of the same number, a name never written', async () => {
    const leave = [
      () => left({ pid: 2 ** 30, host: hostname(), born: '' }),
      ...(process.platform === 'linux' ? [() => left({ pid: process.pid, host: hostname(), born: 'before 1' })] : []),
      async () => {
        await writeFile(path, '{"pi');
        await utimes(path, 1, 1);
      },
    ];
    for (const each of leave) {
      await each();
      expect(await isLocked(path)).toBe(false);
      await (
        await take()
      )();
    }
    expect(await readdir(folder)).toEqual([]);
  });

  test('respects another machine and one that is just starting', async () => {
    await left({ pid: 2 ** 30, host: 'elsewhere', born: '' });
    await expect(take()).rejects.toThrow(`held by ${2 ** 30}`);
    await writeFile(path, '');
    await expect(take()).rejects.toThrow('held by undefined');
  });

  test('of many that find a stale one, one takes it over, also where a killed one was at that', async () => {
    await left({ pid: 2 ** 30, host: hostname(), born: '' });
    await writeFile(`${path}.stale`, '');
    await utimes(`${path}.stale`, 1, 1);
    const results = await Promise.allSettled(Array.from({ length: 8 }, take));
    expect(results.filter(({ status }) => status === 'fulfilled')).toHaveLength(1);
    expect(JSON.parse(await readFile(path, 'utf8'))).toMatchObject({ pid: process.pid, host: hostname() });
    expect(await readdir(folder)).toEqual(['lock']);
  });

  test('gives back only its own', async () => {
    const release = await take();
    await left({ pid: 1, host: 'elsewhere', born: '' });
    await release();
    expect(await readdir(folder)).toEqual(['lock']);
  });
});
