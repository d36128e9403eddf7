import { spawn } from 'node:child_process';
import { mkdir, readdir, readFile, rm, stat, symlink, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { UsageError } from '@asc/core';
import { describe, expect, it } from '@jest/globals';
import { fmt, pack, riff, chunk } from '../audio/audio-bytes.test.helper.js';
import { probeAudio, readAudio } from '../audio/read-audio.js';
import { loadTau } from '../dataset/load-tau.js';
import { withFolder } from '../test-folder.test.helper.js';
import { packDataset } from './pack-dataset.js';
import { renameInTable } from './rename-in-table.js';

const wave = (encoding: 's16' | 's24' | 'f32', channels: number, samples: number, seed: number): Buffer => {
  const scale = encoding === 'f32' ? 1 : encoding === 's16' ? 2 ** 15 : 2 ** 23;
  const values = Array.from({ length: samples * channels }, (_, i) => {
    const x = 0.6 * Math.sin((i + seed) / 9) + 0.01 * Math.sin((i * 37 + seed) ** 2);
    return encoding === 'f32' ? x : Math.round(x * scale);
  });
  return riff(fmt(encoding, channels), chunk('data', pack(encoding, values)));
};

/** A set in TAU layout: 24-bit mono and 16-bit stereo WAV, a float one that FLAC cannot hold, and a file of another kind. */
async function makeSet(root: string, clips = 4): Promise<string[]> {
  await mkdir(join(root, 'audio'), { recursive: true });
  await mkdir(join(root, 'evaluation_setup'));
  const names = Array.from({ length: clips }, (_, i) => `audio/park-lyon-${i}-0-a.wav`);
  for (const [i, name] of names.entries()) {
    const kind = (['s24', 's16', 'f32'] as const)[i % 3] ?? 's24';
    await writeFile(join(root, name), wave(kind, i % 3 === 1 ? 2 : 1, 9000, i));
  }
  const rows = names.map((name) => `${name}\tpark`);
  await writeFile(join(root, 'meta.csv'), `filename\tscene_label\r\n${rows.join('\r\n')}\r\n`);
  await writeFile(join(root, 'evaluation_setup/fold1_train.csv'), `filename\tscene_label\n${rows.join('\n')}\n`);
  await writeFile(join(root, 'LICENSE'), 'as you like');
  return names;
}

describe('packDataset', () => {
  it('keeps every sample, names the recordings anew in the tables, and leaves the set as it was', async () => {
    await withFolder(async (folder) => {
      const [root, out] = [join(folder, 'set'), join(folder, 'packed')];
      const names = await makeSet(root);
      await writeFile(join(root, 'audio/.hidden'), 'x');
      const done: string[] = [];
      const report = await packDataset(root, out, { workers: 2, onProgress: (n, all) => done.push(`${n}/${all}`) });
      expect(report).toMatchObject({
        folder: out,
        packed: 3,
        copied: 2,
        tables: 2,
        bytesBefore: 3 * 27_044 + 36_044 - 27_044,
      });
      expect(report.bytesAfter).toBeLessThan(report.bytesBefore);
      expect(done.at(-1)).toBe('5/5');
      expect((await readdir(folder)).sort()).toEqual(['packed', 'set']);
      expect(
        (await readdir(out, { recursive: true })).filter((name) => name.includes('/.') || name.startsWith('.')),
      ).toEqual([]);
      const set = await loadTau(out);
      const suffixes = ['.flac', '.flac', '.wav', '.flac'];
      expect(set.clips.map(({ id }) => id)).toEqual(names.map((name, i) => name.replace('.wav', suffixes[i] ?? '')));
      for (const [i, { path }] of [...set.clips].entries()) {
        const before = join(root, names[i] ?? '');
        const { channels, bits, sampleRateHz } = await probeAudio(before);
        expect(await probeAudio(path)).toMatchObject({ channels, bits, sampleRateHz, format: suffixes[i]?.slice(1) });
        for (let mono = 0; mono < channels; mono++) {
          expect(await readAudio(path, { mono })).toEqual(await readAudio(before, { mono }));
        }
      }
      expect(await readFile(join(out, 'meta.csv'), 'latin1')).toContain('park-lyon-3-0-a.flac\tpark\r\n');
      expect(await readFile(join(out, 'LICENSE'), 'utf8')).toBe('as you like');
      expect((await readdir(join(root, 'audio'))).filter((name) => name.endsWith('.flac'))).toEqual([]);
    });
  });

  it('goes on after being killed, with what was done by then', async () => {
    await withFolder(async (folder) => {
      const [root, out] = [join(folder, 'set'), join(folder, 'packed')];
      await makeSet(root, 40);
      const script = fileURLToPath(new URL('./pack-process.test.helper.js', import.meta.url));
      const child = spawn(process.execPath, [script, root, out], { stdio: ['ignore', 'pipe', 'inherit'] });
      await new Promise<void>((resolve) => {
        child.stdout.on('data', (said: Buffer) => {
          if (Number(said.toString().trim().split('\n').at(-1)) >= 4) resolve();
        });
      });
      await expect(packDataset(root, out)).rejects.toThrow(/another process/);
      const gone = new Promise((resolve) => child.on('exit', resolve));
      child.kill('SIGKILL');
      await gone;
      expect(await stat(out).catch(() => 'absent')).toBe('absent');
      const done: number[] = [];
      const { packed, copied } = await packDataset(root, out, { workers: 1, onProgress: (n) => done.push(n) });
      expect([packed, copied]).toEqual([27, 14]);
      expect(done[0]).toBeGreaterThanOrEqual(4);
      expect((await readdir(folder)).sort()).toEqual(['packed', 'set']);
      expect((await loadTau(out)).clips).toHaveLength(40);
    });
  });

  it('stops at a damaged recording, names it, and leaves no set behind', async () => {
    await withFolder(async (folder) => {
      const [root, out] = [join(folder, 'set'), join(folder, 'packed')];
      const [name = ''] = await makeSet(root);
      await writeFile(join(root, name), wave('s24', 1, 9000, 0).subarray(0, 5000));
      await expect(packDataset(root, out)).rejects.toThrow(/park-lyon-0-0-a.wav: truncated WAV file/);
      expect(await stat(out).catch(() => 'absent')).toBe('absent');
    });
  });

  it('refuses a folder that is taken, inside the set, or around it', async () => {
    await withFolder(async (folder) => {
      const root = join(folder, 'set');
      await makeSet(root);
      for (const out of [root, join(root, 'flac'), folder]) {
        await expect(packDataset(root, out)).rejects.toBeInstanceOf(UsageError);
      }
      await mkdir(join(folder, 'taken.partial'));
      await writeFile(join(folder, 'taken.partial/mine'), '');
      await expect(packDataset(root, join(folder, 'taken'))).rejects.toThrow(/holds something else/);
      await expect(packDataset(join(folder, 'none'), join(folder, 'out'))).rejects.toThrow(/no folder/);
      await rm(join(folder, 'taken.partial'), { recursive: true });
      expect(await readdir(folder)).toEqual(['set']);
    });
  });

  it('follows links into folders, and is not caught in one that leads back', async () => {
    if (process.platform === 'win32') return;
    await withFolder(async (folder) => {
      const root = join(folder, 'set');
      await mkdir(join(folder, 'disk/park'), { recursive: true });
      await writeFile(join(folder, 'disk/park/a.wav'), wave('s16', 1, 50, 1));
      await mkdir(root);
      await symlink(join(folder, 'disk/park'), join(root, 'park'));
      await symlink(root, join(folder, 'disk/park/back'));
      expect(await packDataset(root, join(folder, 'out'))).toMatchObject({ packed: 1, copied: 0 });
      expect(await readdir(join(folder, 'out'), { recursive: true })).toEqual(['park', 'park/a.flac']);
    });
  });
});

it('renames whole fields only', () => {
  const renames = new Map([
    ['audio/a.wav', 'audio/a.flac'],
    ['audio/b.wav', 'audio/b.flac'],
    ['more/b.wav', 'more/b.flac'],
  ]);
  expect(renameInTable('audio/a.wav\tx\n"audio/b.wav", more/b.wav\r\na.wav,b.wav,xa.wav,c.wav\n', renames)).toBe(
    'audio/a.flac\tx\n"audio/b.flac", more/b.flac\r\na.flac,b.wav,xa.wav,c.wav\n',
  );
});
