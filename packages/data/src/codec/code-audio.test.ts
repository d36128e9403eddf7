import { spawnSync } from 'node:child_process';
import { chmodSync, readdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test } from '@jest/globals';
import { AscError, createRng, DataError } from '@asc/core';
import { readAudio } from '../audio/read-audio.js';
import { writeWav } from '../audio/wav-writer.js';
import { withFolder } from '../test-folder.test.helper.js';
import { codeAudio } from './code-audio.js';

const encoders = spawnSync('ffmpeg', ['-hide_banner', '-encoders'], { encoding: 'utf8' }).stdout ?? '';
const present = encoders.includes('libmp3lame');

/** Smooth noise and a chirp: nothing in it repeats, so that its place in time is known. */
function sound(rate: number, length: number): Float32Array {
  const rng = createRng(7);
  let low = 0;
  return Float32Array.from({ length }, (_, i) => {
    low += 0.2 * (rng.normal() - low);
    return 0.3 * low + 0.2 * Math.sin(((2 * Math.PI * i) / rate) * (200 + (800 * i) / length));
  });
}

/** The delay of `y` against `x`, by the largest sum of products. */
function delayOf(y: Float32Array, x: Float32Array): number {
  const score = (lag: number) => x.reduce((sum, v, i) => sum + v * (y[i + lag] ?? 0), 0);
  // Codecs delay by 529 samples and more where nobody takes it away, so what is not near 0 is far from it.
  const lags = Array.from({ length: 101 }, (_, i) => i - 50);
  const scores = lags.map(score);
  return lags[scores.indexOf(Math.max(...scores))]!;
}

/** A program of our own in place of ffmpeg. */
function standIn(folder: string, script: string): string {
  const program = join(folder, 'ffmpeg');
  writeFileSync(program, `#!${process.execPath}\n${script}`);
  chmodSync(program, 0o755);
  return program;
}

describe('codeAudio', () => {
  (present ? test : test.skip).each([
    ['mp3', 16, 44_100],
    ['mp3', 64, 44_100],
    ['aac', 32, 44_100],
    ['mp3', 24, 32_000],
    ['mp3', 320, 16_000],
    ['aac', 8, 37_800],
  ] as const)('keeps length and alignment: %s at %d kbit/s and %d Hz', async (codec, kbps, sampleRateHz) => {
    await withFolder(async (folder) => {
      const path = join(folder, 'sound.wav');
      await writeWav(path, { samples: sound(sampleRateHz, sampleRateHz / 4), sampleRateHz });
      const file = await codeAudio(path, { codec, kbps, folder: join(folder, 'a', 'b') });
      const [before, after] = [await readAudio(path), await readAudio(file)];
      expect([after.sampleRateHz, after.samples.length]).toEqual([sampleRateHz, before.samples.length]);
      expect(after.samples).not.toEqual(before.samples);
      expect(Math.abs(delayOf(after.samples, before.samples))).toBeLessThanOrEqual(1);
    });
  });

  test('codes once, names results by content and settings, and leaves nothing else', async () => {
    await withFolder(async (folder) => {
      // Says nothing for encoding; for decoding, half of the samples it was asked for.
      const program = standIn(
        folder,
        `const fs = require('node:fs'); const words = process.argv; const out = words.at(-1);
        fs.appendFileSync(${JSON.stringify(join(folder, 'calls'))}, 'x');
        if (out === 'pipe:1') process.stdout.write(Buffer.alloc(4 * 500)); else fs.writeFileSync(out, fs.readFileSync(0));`,
      );
      const path = join(folder, 'sound.wav');
      await writeWav(path, { samples: sound(8000, 1000), sampleRateHz: 8000 });
      const options = { codec: 'mp3', kbps: 32, folder: join(folder, 'coded'), program } as const;
      const file = await codeAudio(path, options);
      expect((await readAudio(file)).samples).toEqual(new Float32Array(1000));
      expect(await codeAudio(path, options)).toBe(file);
      expect(readdirSync(folder)).toContain('calls');
      const together = await Promise.all([1, 2].map(() => codeAudio(path, { ...options, kbps: 48 })));
      expect(together[0]).toBe(together[1]);
      expect(together[0]).not.toBe(file);
      await writeWav(path, { samples: sound(8000, 1001), sampleRateHz: 8000 });
      expect(await codeAudio(path, options)).not.toBe(file);
      const left = readdirSync(options.folder, { recursive: true }).map(String);
      expect(left.filter((name) => name.endsWith('.flac'))).toHaveLength(3);
      expect(left.filter((name) => name.includes('tmp'))).toEqual([]);
    });
  });

  test('keeps what ffmpeg decoded as 16 bits do, to the bit, beyond full scale too', async () => {
    await withFolder(async (folder) => {
      // Codes nothing: what was to be coded is what was decoded.
      const program = standIn(
        folder,
        `const fs = require('node:fs'); const words = process.argv; const out = words.at(-1);
        if (out === 'pipe:1') process.stdout.write(fs.readFileSync(words[words.indexOf('-i') + 1])); else fs.writeFileSync(out, fs.readFileSync(0));`,
      );
      const [path, plain] = [join(folder, 'sound.wav'), join(folder, 'plain.wav')];
      const samples = sound(8000, 10_000).map((x) => 3 * x);
      await writeWav(path, { samples, sampleRateHz: 8000 }, { encoding: 'float32' });
      await writeWav(plain, { samples, sampleRateHz: 8000 });
      const file = await codeAudio(path, { codec: 'mp3', kbps: 32, folder: join(folder, 'coded'), program });
      expect(await readAudio(file)).toEqual(await readAudio(plain));
      const range = { startSamples: 4321, lengthSamples: 777 };
      expect(await readAudio(file, { range })).toEqual(await readAudio(plain, { range }));
    });
  });

  test('says what is missing, or what ffmpeg said', async () => {
    await withFolder(async (folder) => {
      const path = join(folder, 'sound.wav');
      await writeWav(path, { samples: sound(8000, 100), sampleRateHz: 8000 });
      const options = { codec: 'aac', kbps: 32, folder: join(folder, 'coded') } as const;
      const missing = codeAudio(path, { ...options, program: join(folder, 'nowhere') });
      await expect(missing).rejects.toThrow(/cannot be run.*\n.*ENOENT.*\n.*Install ffmpeg/);
      const program = standIn(folder, 'process.stderr.write("Unknown encoder"); process.exit(1);');
      const failed = codeAudio(path, { ...options, program });
      await expect(failed).rejects.toThrow(AscError);
      await expect(failed).rejects.toThrow('received Unknown encoder');
      expect(readdirSync(folder)).not.toContain('coded');
      await expect(codeAudio(join(folder, 'none.wav'), options)).rejects.toThrow(DataError);
      await expect(codeAudio(path, { ...options, kbps: 33 })).rejects.toThrow('received 33');
      await expect(codeAudio(path, { ...options, codec: 'ogg' as never })).rejects.toThrow('received "ogg"');
      const blocked = codeAudio(path, {
        ...options,
        folder: join(path, 'below'),
        program: standIn(
          folder,
          'if (process.argv.at(-1) === "pipe:1") process.stdout.write("abcd"); process.stdin.resume();',
        ),
      });
      await expect(blocked).rejects.toThrow(/Cannot write/);
    });
  });
});
