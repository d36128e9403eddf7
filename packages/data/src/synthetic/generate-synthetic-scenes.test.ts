import { execFile, spawnSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import { existsSync } from 'node:fs';
import { mkdtemp, readFile, readdir, rm, stat } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { DataError, UsageError } from '@asc/core';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { assertDisjoint } from '../dataset/scene-dataset.js';
import { verifyDataset } from '../dataset/verify-dataset.js';
import { withFolder, writeFiles } from '../test-folder.test.helper.js';
import { type SyntheticOptions, generateSyntheticScenes } from './generate-synthetic-scenes.js';

const SMALL = { clipsPerScene: 15, clipSeconds: 0.5, sampleRateHz: 8000, seed: 5, workers: 2 } as const;

/** Hash of every file below a folder, by name. */
async function fingerprint(root: string): Promise<Record<string, string>> {
  const prints: Record<string, string> = {};
  for (const name of (await readdir(root, { recursive: true })).sort()) {
    const file = join(root, name);
    if ((await stat(file)).isFile())
      prints[name] = createHash('sha256')
        .update(await readFile(file))
        .digest('hex');
  }
  return prints;
}

describe('generateSyntheticScenes', () => {
  let base = '';
  let whole = '';
  beforeAll(async () => {
    base = await mkdtemp(join(tmpdir(), 'asc-data-'));
    whole = join(base, 'whole');
    await generateSyntheticScenes({ out: whole, ...SMALL, workers: 1 });
  });
  afterAll(() => rm(base, { recursive: true }));

  it('writes a set in the layout of TAU 2020 Mobile, bit for bit the same with any number of threads', async () => {
    await withFolder(async (folder) => {
      const out = join(folder, 'deep', 'set');
      const progress: number[] = [];
      const set = await generateSyntheticScenes({ out, ...SMALL, onProgress: (done) => progress.push(done) });
      expect(progress).toEqual(Array.from({ length: 151 }, (_, i) => i));
      expect(set.clips).toHaveLength(150);
      expect(set.labels.abstracts).toHaveLength(3);
      expect((await verifyDataset(set)).missing).toEqual([]);
      assertDisjoint(set, 1);
      const devices = (which: 'train' | 'test') => [...new Set(set.split(1, which).map((clip) => clip.device))].sort();
      expect(devices('train')).toEqual(['a', 'b', 'c', 's1', 's2', 's3']);
      expect(devices('test')).toEqual(['a', 'b', 'c', 's1', 's2', 's3', 's4', 's5', 's6']);
      expect(existsSync(`${out}.partial`)).toBe(false);

      const prints = await fingerprint(out);
      expect(await fingerprint(whole)).toEqual(prints);
      expect(Object.keys(prints)).toHaveLength(150 + 1 + 3 + 1);

      const other = join(folder, 'other');
      await generateSyntheticScenes({ out: other, ...SMALL, seed: 6 });
      const sounds = new Set(Object.values(prints));
      const shared = Object.entries(await fingerprint(other)).filter(
        ([name, print]) => name.endsWith('wav') && sounds.has(print),
      );
      expect(shared).toEqual([]);
    });
  });

  it('goes on after an abort, and ends with the same bytes', async () => {
    await withFolder(async (folder) => {
      const out = join(folder, 'cut');
      const controller = new AbortController();
      const stopAt = (done: number): void => {
        if (done === 40) controller.abort(new Error('enough'));
      };
      const cut = generateSyntheticScenes({ out, ...SMALL, signal: controller.signal, onProgress: stopAt });
      await expect(cut).rejects.toThrow('enough');
      expect(existsSync(out)).toBe(false);
      const found: number[] = [];
      await generateSyntheticScenes({ out, ...SMALL, onProgress: (done) => found.push(done) });
      expect(found[0]).toBeGreaterThanOrEqual(40);
      expect(await fingerprint(out)).toEqual(await fingerprint(whole));
    });
  });

  it('goes on after its process was killed', async () => {
    await withFolder(async (folder) => {
      const out = join(folder, 'set');
      const script = fileURLToPath(new URL('./generate-process.test.helper.js', import.meta.url));
      const child = execFile(process.execPath, [script, JSON.stringify({ out, ...SMALL })]);
      await new Promise<void>((resolve) => {
        child.stdout?.on('data', (text: Buffer | string) => {
          if (String(text).includes('30')) child.kill('SIGKILL');
        });
        child.on('close', () => resolve());
      });
      expect(existsSync(out)).toBe(false);
      expect(existsSync(`${out}.partial`)).toBe(true);
      const set = await generateSyntheticScenes({ out, ...SMALL });
      expect(set.clips).toHaveLength(150);
      expect((await readdir(join(out, 'audio'))).filter((name) => name.startsWith('.'))).toEqual([]);
    });
  });

  it('returns a set that is already there, untouched, and refuses any other folder that is not empty', async () => {
    await withFolder(async (folder) => {
      const before = (await stat(join(whole, 'meta.csv'))).mtimeMs;
      await generateSyntheticScenes({ out: whole, ...SMALL });
      expect((await stat(join(whole, 'meta.csv'))).mtimeMs).toBe(before);
      await expect(generateSyntheticScenes({ out: whole, ...SMALL, seed: 9 })).rejects.toThrow(/holds something else/);
      await writeFiles(folder, { 'mine/thesis.tex': 'x', 'x.partial/thesis.tex': 'x', file: '' });
      for (const name of ['mine', 'x', 'file']) {
        await expect(generateSyntheticScenes({ out: join(folder, name), ...SMALL })).rejects.toThrow(UsageError);
      }
      expect(await readFile(join(folder, 'mine/thesis.tex'), 'utf8')).toBe('x');
      await expect(generateSyntheticScenes({ out: join(folder, 'file', 'set'), ...SMALL })).rejects.toThrow(
        /holds something else|Cannot make/,
      );
    });
  });

  it('starts anew over what was begun with other options or a cut marker', async () => {
    await withFolder(async (folder) => {
      const out = join(folder, 'set');
      await generateSyntheticScenes({ out: `${out}.partial`, ...SMALL, seed: 8 });
      expect((await generateSyntheticScenes({ out, ...SMALL })).clips).toHaveLength(150);
      const marker = await readFile(join(whole, 'synthetic.json'), 'utf8');
      const next = join(folder, 'next');
      await writeFiles(`${next}.partial`, { 'synthetic.json': marker.slice(0, 20) });
      expect((await generateSyntheticScenes({ out: next, ...SMALL })).clips).toHaveLength(150);
    });
  });

  it.each<[string, Partial<SyntheticOptions>, RegExp]>([
    ['no size', {}, /either hours or clipsPerScene[^]*neither/],
    ['two sizes', { hours: 1, clipsPerScene: 20 }, /received both/],
    ['too few clips', { hours: 0.1 }, /at least 15 clips per scene, received 4[^]*0\.42 hours/],
    ['a broken rate', { clipsPerScene: 20, sampleRateHz: 100 }, /sampleRateHz/],
    ['a typing error', { clipsPerScene: 20, clipSecond: 1 } as Partial<SyntheticOptions>, /Did you mean "clipSeconds"/],
    ['more than the disk', { hours: 1000, sampleRateHz: 192_000 }, /not enough room/],
  ])('refuses %s', async (_, options, message) => {
    await withFolder(async (folder) => {
      await expect(generateSyntheticScenes({ out: join(folder, 'set'), ...options })).rejects.toThrow(message);
      expect(existsSync(join(folder, 'set'))).toBe(false);
    });
  });

  it('tells of a place where nothing can be made', async () => {
    if (process.platform !== 'linux') return;
    await expect(generateSyntheticScenes({ out: '/proc/none/such/set', ...SMALL })).rejects.toThrow(DataError);
  });

  it('tells of a disk that is read-only', async () => {
    await withFolder(async (folder) => {
      // Only root may mount.
      if (spawnSync('mount', ['-t', 'tmpfs', '-o', 'ro', 'tmpfs', folder]).status !== 0) return;
      try {
        await expect(generateSyntheticScenes({ out: join(folder, 'set'), ...SMALL })).rejects.toThrow(/EROFS/);
      } finally {
        spawnSync('umount', [folder]);
      }
    });
  });
});
