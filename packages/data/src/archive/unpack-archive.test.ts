import { copyFile, mkdir, mkdtemp, open, readFile, readdir, rm, stat, symlink, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { DataError } from '@asc/core';
import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import { makeZip, type ZipPart } from './make-zip.test.helper.js';
import { safeEntryPath } from './safe-entry-path.js';
import { unpackArchive } from './unpack-archive.js';
import { readZipDirectory, type ZipEntry } from './zip-directory.js';

let folder = '';
let into = '';
let scratch = '';
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'asc-zip-'));
  into = join(folder, 'into');
  scratch = join(folder, 'scratch');
  await mkdir(into);
  await mkdir(scratch);
});
afterEach(() => rm(folder, { recursive: true, force: true }));

async function list(path: string): Promise<ZipEntry[]> {
  const file = await open(path, 'r');
  try {
    return await readZipDirectory(file, path);
  } finally {
    await file.close();
  }
}

async function put(bytes: Uint8Array): Promise<string> {
  const path = join(folder, 'archive.zip');
  await writeFile(path, bytes);
  return path;
}

async function unpack(path: string, consume = true, signal?: AbortSignal): Promise<ZipEntry[]> {
  const entries = await list(path);
  await unpackArchive(path, { entries, into, scratch, consume, signal });
  return entries;
}

const files = async (): Promise<string[]> =>
  (await readdir(into, { recursive: true, withFileTypes: true }))
    .filter((each) => each.isFile())
    .map(({ name }) => name);

describe('archives that Python’s zipfile wrote', () => {
  it.each(['stored', 'deflated', 'streamed', 'zip64'])('%s', async (name) => {
    const golden = fileURLToPath(new URL(`../../../../golden/zip/${name}.zip`, import.meta.url));
    const path = join(folder, 'copy.zip');
    await copyFile(golden, path);
    const entries = await unpack(path);
    expect(entries.map((entry) => entry.path)).toEqual([
      'set/meta.csv',
      'set/audio/a.wav',
      'set/audio/empty.wav',
      'set/LIESMICH-ü.txt',
    ]);
    expect(await readFile(join(into, 'set/meta.csv'), 'utf8')).toBe(
      'filename\tscene_label\naudio/a.wav\tpark\n'.repeat(40),
    );
    expect([...(await readFile(join(into, 'set/audio/a.wav')))]).toEqual(
      Array.from({ length: 2048 }, (_, i) => i % 256),
    );
    expect(await readFile(join(into, 'set/audio/empty.wav'))).toHaveLength(0);
    expect(await readFile(join(into, 'set/LIESMICH-ü.txt'), 'utf8')).toBe('Grüße\n');
    expect((await stat(path)).size).toBe(entries[0]?.offset);
    expect(await readdir(scratch)).toEqual([]);
  });
});

const many = (count: number): ZipPart[] =>
  Array.from({ length: count }, (_, i) => ({ path: `audio/${i}.wav`, content: `recording ${i} `.repeat(50) }));

describe('unpackArchive', () => {
  it('goes on where it was stopped, whatever was cut off by then', async () => {
    const path = await put(makeZip(many(200)));
    const entries = await list(path);
    const stop = new AbortController();
    let seen = 0;
    const options = { entries, into, scratch, consume: true };
    const stopped = unpackArchive(path, {
      ...options,
      signal: stop.signal,
      onFiles: (count) => {
        seen += count;
        if (seen > 0) stop.abort(new Error('stop'));
      },
    });
    await expect(stopped).rejects.toThrow('stop');
    expect(await files()).toHaveLength(64);
    const { size } = await stat(path);
    expect(size).toBe(entries[136]?.offset);
    // Killed between putting files in place and cutting them off: they are found to be the same.
    await writeFile(join(into, 'audio/135.wav'), 'recording 135 '.repeat(50));
    await unpackArchive(path, options);
    expect(await files()).toHaveLength(200);
    expect(await readFile(join(into, 'audio/199.wav'), 'utf8')).toBe('recording 199 '.repeat(50));
  });

  it('writes over nothing and follows no link out', async () => {
    const zip = makeZip(many(2));
    await mkdir(join(into, 'audio'));
    await writeFile(join(into, 'audio/0.wav'), 'mine');
    await expect(unpack(await put(zip))).rejects.toThrow(/in the way.*not written over/s);
    expect(await readFile(join(into, 'audio/0.wav'), 'utf8')).toBe('mine');
    expect(await readdir(scratch)).toEqual([]);
    await rm(join(into, 'audio'), { recursive: true });
    await mkdir(join(folder, 'elsewhere'));
    await symlink(join(folder, 'elsewhere'), join(into, 'audio'));
    await expect(unpack(await put(zip))).rejects.toThrow(/leads out/);
    expect(await readdir(join(folder, 'elsewhere'))).toEqual([]);
  });

  it.each<[string, ZipPart[], RegExp]>([
    ['a way out', [{ path: '../up.wav', content: 'x' }], /names that stay inside/],
    ['an absolute name', [{ path: '/etc/passwd', content: 'x' }], /names that stay inside/],
    ['a drive', [{ path: 'C:/x.wav', content: 'x' }], /names that stay inside/],
    ['a backslash', [{ path: 'a\\..\\..\\x.wav', content: 'x' }], /names that stay inside/],
    ['a link', [{ path: 'audio', content: '/etc', mode: 0o120777 }], /a symbolic link/],
    ['a pipe', [{ path: 'audio', content: '', mode: 0o010644 }], /a device, pipe or socket/],
    ['encryption', [{ path: 'a.wav', content: 'x', flags: 1 }], /encrypted/],
    ['another method', [{ path: 'a.wav', content: 'x', method: 12 }], /method 12/],
    ['one name twice', [...many(1), ...many(1)], /two files named/],
    ['a wrong checksum', [{ path: 'a.wav', content: 'x', crc32: 1 }], /other content/],
    ['more than it says', [{ path: 'a.wav', content: 'x'.repeat(5000), bytes: 100 }], /damaged content/],
    ['less than it says', [{ path: 'a.wav', content: 'x', bytes: 100 }], /other content/],
    ['far more than explained', [{ path: 'a.wav', content: 'x', bytes: 9e8 }], /at most 50 times/],
    [
      'files on top of each other',
      [
        { path: 'a.wav', content: 'xyz' },
        { path: 'b.wav', content: 'x', offset: 0 },
      ],
      /reaching into/,
    ],
  ])('refuses %s', async (_, parts, message) => {
    const refused = unpack(await put(makeZip(parts)));
    await expect(refused).rejects.toThrow(message);
    await expect(refused).rejects.toBeInstanceOf(DataError);
    expect(await files()).toEqual([]);
    expect(await readdir(folder)).toEqual(['archive.zip', 'into', 'scratch']);
  });

  it('is not taken in by a comment that looks like an end', async () => {
    const zip = makeZip(many(1));
    const comment = zip.subarray(-22);
    zip.writeUInt16LE(comment.length, zip.length - 2);
    const fake = Buffer.from(comment);
    fake.writeUInt16LE(9, 20);
    await unpack(await put(Buffer.concat([zip, fake])));
    expect(await files()).toHaveLength(1);
  });

  it('refuses an archive that is cut or changed anywhere, or gives the same files', async () => {
    const whole = makeZip([
      { path: 'a.wav', content: 'one' },
      { path: 'b.wav', content: 'two', stored: true },
    ]);
    for (let at = 0; at < whole.length; at++) {
      await expect(unpack(await put(whole.subarray(0, at)))).rejects.toBeInstanceOf(DataError);
    }
    for (let at = 0; at < whole.length; at++) {
      const changed = Buffer.from(whole);
      changed[at] = changed[at]! ^ 0x41;
      await rm(into, { recursive: true });
      await mkdir(into);
      try {
        for (const { path } of await unpack(await put(changed))) {
          expect(['one', 'two']).toContain(await readFile(join(into, path), 'utf8'));
        }
      } catch (error) {
        expect(error).toBeInstanceOf(DataError);
      }
    }
  });
});

it('no name that is let through leaves the folder', () => {
  fc.assert(
    fc.property(
      fc.array(fc.constantFrom('..', '.', '', 'a', '/', '\\', 'C:', 'nul', 'b.wav', ' '), { maxLength: 6 }),
      (parts) => {
        const path = safeEntryPath(parts.join('/'));
        if (path !== undefined) expect(join('/base', path).startsWith('/base/')).toBe(true);
      },
    ),
    { seed: 5, numRuns: 300 },
  );
});
