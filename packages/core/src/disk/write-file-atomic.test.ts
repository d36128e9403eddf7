import { afterEach, beforeEach, describe, expect, test } from '@jest/globals';
import { spawnSync } from 'node:child_process';
import { lstat, mkdir, mkdtemp, readdir, readFile, rm, symlink, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { DataError } from '../errors.js';
import { makeFolder } from './make-folder.js';
import { removePartialFiles, writeFileAtomic } from './write-file-atomic.js';

let folder: string;
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'asc-disk-'));
});
afterEach(() => rm(folder, { recursive: true }));

describe('writeFileAtomic', () => {
  test('replaces a file by text, bytes or pieces, and leaves nothing else', async () => {
    const path = join(folder, 'a');
    await mkdir(join(folder, 'scratch'));
    await writeFileAtomic(path, 'text');
    expect(await readFile(path, 'utf8')).toBe('text');
    await writeFileAtomic(path, Uint8Array.of(1, 2), { scratch: join(folder, 'scratch') });
    expect([...(await readFile(path))]).toEqual([1, 2]);
    await writeFileAtomic(path, [Uint8Array.of(3), Uint8Array.of(), Uint8Array.of(4, 5)], { durable: false });
    expect([...(await readFile(path))]).toEqual([3, 4, 5]);
    expect([...(await readdir(folder)), ...(await readdir(join(folder, 'scratch')))]).toEqual(['a', 'scratch']);
  });

  test('keeps the old file where the new one fails on its way', async () => {
    const path = join(folder, 'a');
    await writeFileAtomic(path, 'old');
    function* pieces(): Generator<Uint8Array> {
      yield Uint8Array.of(1);
      throw Object.assign(new Error('no room'), { code: 'ENOSPC' });
    }
    await expect(writeFileAtomic(path, pieces())).rejects.toThrow(/Cannot write .*\nreceived ENOSPC\nThe disk is full/);
    await expect(writeFileAtomic(join(folder, 'no', 'x'), '')).rejects.toThrow(/There is no such folder/);
    expect([await readFile(path, 'utf8'), await readdir(folder)]).toEqual(['old', ['a']]);
  });

  test('of many at once, one is there whole; a name may be as long as the disk allows', async () => {
    const path = join(folder, 'n'.repeat(255));
    const texts = Array.from({ length: 8 }, (_, i) => `${i}`.repeat(10_000));
    await Promise.all(texts.map((text) => writeFileAtomic(path, text)));
    expect(texts).toContain(await readFile(path, 'utf8'));
    expect(await readdir(folder)).toHaveLength(1);
  });

  test('never takes the place of a folder, device or pipe', async () => {
    await expect(writeFileAtomic(folder, 'x')).rejects.toThrow(/received a folder/);
    const pipe = join(folder, 'pipe');
    if (spawnSync('mkfifo', [pipe]).status !== 0) return;
    await expect(writeFileAtomic(pipe, 'x')).rejects.toThrow(/received a device, pipe or socket/);
    expect((await lstat(pipe)).isFIFO()).toBe(true);
  });

  test('what a killed process left is removed, and nothing else', async () => {
    await writeFile(join(folder, '.partial-1'), 'half');
    await writeFile(join(folder, 'whole'), '');
    await removePartialFiles(folder);
    expect(await readdir(folder)).toEqual(['whole']);
  });
});

describe('makeFolder', () => {
  test('makes what is missing, also where several ask for it, and bears what is there', async () => {
    const path = join(folder, 'a', 'b', 'c');
    await Promise.all([makeFolder(path), makeFolder(path), makeFolder(join(folder, 'a', 'b'))]);
    await makeFolder(path);
    await symlink(path, join(folder, 'link'));
    await makeFolder(join(folder, 'link', 'd'));
    expect(await readdir(path)).toEqual(['d']);
  });

  test('names the file that is in the way', async () => {
    await writeFile(join(folder, 'file'), '');
    await expect(makeFolder(join(folder, 'file'))).rejects.toThrow(/Cannot write .*file\.\nreceived EEXIST/);
    await expect(makeFolder(join(folder, 'file', 'sub'))).rejects.toThrow(DataError);
  });
});
