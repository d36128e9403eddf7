import { spawnSync } from 'node:child_process';
import { lstat, readFile, readdir, rm, truncate } from 'node:fs/promises';
import { join } from 'node:path';
import { describe, expect, test } from '@jest/globals';
import { DataError, UsageError } from '@asc/core';
import fc from 'fast-check';
import { chunk, fmt, inFolder, pack, riff } from './audio-bytes.test.helper.js';
import { probeAudio, readAudio } from './read-audio.js';
import type { WavEncoding } from './wav-header.js';
import { encodeWav, writeWav } from './wav-writer.js';

const integers = { u8: 8, s16: 16, s24: 24, s32: 32 } as const;

describe('reading WAV', () => {
  test.each(['u8', 's16', 's24', 's32', 'f32', 'f64'] as const)(
    '%s: any samples, channels, chunks and ranges',
    async (encoding: WavEncoding) => {
      const scale = encoding.startsWith('f') ? 1 : 2 ** (integers[encoding as keyof typeof integers] - 1);
      const value = encoding.startsWith('f')
        ? fc.float({ noNaN: true, min: -2, max: 2 })
        : fc.integer({ min: -scale, max: scale - 1 });
      const sound = fc.integer({ min: 1, max: 4 }).chain((channels) =>
        fc.record({
          channels: fc.constant(channels),
          frames: fc.array(fc.array(value, { minLength: channels, maxLength: channels }), {
            minLength: 1,
            maxLength: 30,
          }),
          junk: fc.uint8Array({ maxLength: 9 }),
          start: fc.nat(),
          mono: fc.nat({ max: channels - 1 }),
        }),
      );
      await inFolder(async (file) => {
        await fc.assert(
          fc.asyncProperty(sound, async ({ channels, frames, junk, start, mono }) => {
            const path = await file(
              'a.wav',
              riff(
                chunk('junk', junk),
                fmt(encoding, channels),
                chunk('LIST', junk),
                chunk('data', pack(encoding, frames.flat())),
                chunk('id3 ', junk),
              ),
            );
            const startSamples = start % frames.length;
            const lengthSamples = frames.length - startSamples;
            const { samples } = await readAudio(path, { range: { startSamples, lengthSamples }, mono });
            expect(samples).toEqual(Float32Array.from(frames.slice(startSamples), (frame) => frame[mono]! / scale));
            const mean = await readAudio(path);
            expect(mean.samples.length).toBe(frames.length);
            frames.forEach((frame, i) =>
              expect(mean.samples[i]).toBeCloseTo(frame.reduce((sum, v) => sum + v, 0) / channels / scale, 6),
            );
          }),
          { seed: 1, numRuns: 25 },
        );
      });
    },
  );

  test.each([0, 0xffffffff, 0x7ffff000])(
    'a data size of 0x%x, as pipes leave it, means the rest of the file',
    async (size) => {
      await inFolder(async (file) => {
        const path = await file('pipe.wav', riff(fmt('s16', 1), chunk('data', pack('s16', [1, 2, 3]), size)));
        expect((await readAudio(path)).samples).toEqual(Float32Array.of(1, 2, 3).map((v) => v / 32768));
      });
    },
  );

  test('an empty data chunk before other chunks is empty', async () => {
    await inFolder(async (file) => {
      const path = await file(
        'a.wav',
        riff(fmt('s16', 1), chunk('data', Buffer.alloc(0)), chunk('LIST', Buffer.from('INFOx'))),
      );
      expect((await probeAudio(path)).samples).toBe(0);
      await expect(readAudio(path)).rejects.toThrow(/no sound/);
    });
  });

  test('24 bits in a container of 32 are scaled by the container', async () => {
    const body = Buffer.alloc(40);
    fmt('s32', 1).copy(body, 0, 8);
    body.writeUInt16LE(0xfffe, 0);
    body.writeUInt16LE(22, 16);
    body.writeUInt16LE(24, 18);
    Buffer.from('0100000000001000800000aa00389b71', 'hex').copy(body, 24);
    await inFolder(async (file) => {
      const path = await file('a.wav', riff(chunk('fmt ', body), chunk('data', pack('s32', [-(2 ** 31), 2 ** 30]))));
      expect((await readAudio(path)).samples).toEqual(Float32Array.of(-1, 0.5));
    });
  });

  test('ten seconds out of eight hours take the memory of ten seconds', async () => {
    await inFolder(async (file) => {
      const rate = 48000;
      const dataBytes = 8 * 3600 * rate * 6;
      const ds64 = Buffer.alloc(28);
      ds64.writeBigUInt64LE(BigInt(dataBytes), 8);
      const rf64 = riff(chunk('ds64', ds64), fmt('s24', 2, rate), chunk('data', Buffer.alloc(0), 0xffffffff));
      rf64.write('RF64', 0, 'latin1');
      const path = await file('long.wav', rf64);
      await truncate(path, rf64.length + dataBytes);
      const before = process.memoryUsage().rss;
      expect((await probeAudio(path)).samples).toBe(8 * 3600 * rate);
      const { samples } = await readAudio(path, { range: { startSamples: 7 * 3600 * rate, lengthSamples: 10 * rate } });
      expect(samples.length).toBe(10 * rate);
      expect(process.memoryUsage().rss - before).toBeLessThan(64e6);
      await expect(readAudio(path)).rejects.toThrow(
        /too long to be read at once\n.* received 1382400000 \(8.0 hours\)\n.*range/,
      );
    });
  });
});

describe('damaged WAV files are refused by name', () => {
  const noRate = fmt('s16', 1, 0);
  const noChannels = fmt('s16', 0);
  const wrongFrame = fmt('s16', 2);
  wrongFrame.writeUInt16LE(7, 8 + 12);
  const alaw = fmt('s16', 1);
  alaw.writeUInt16LE(6, 8);
  const data = chunk('data', pack('s16', [1, 2, 3, 4]));
  test.each([
    [
      'a header cut short',
      riff(fmt('s16', 1)).subarray(0, 30),
      /truncated WAV file\nexpected a fmt chunk and a data chunk/,
    ],
    ['only RIFF', Buffer.from('RIFF'), /truncated audio file/],
    ['no data chunk', riff(fmt('s16', 1)), /truncated WAV file\nexpected a data chunk/],
    [
      'samples cut short',
      riff(fmt('s16', 1), data).subarray(0, -3),
      /truncated WAV file\nexpected 8 bytes of samples, received 5/,
    ],
    ['a data chunk first', riff(data, fmt('s16', 1)), /fmt chunk before the data chunk/],
    ['0 Hz', riff(noRate, data), /sample rate above 0 Hz, received 0/],
    ['0 channels', riff(noChannels, data), /at least 1 channel, received 0/],
    ['a short fmt chunk', riff(chunk('fmt ', Buffer.alloc(10)), data), /fmt chunk of at least 16 bytes, received 10/],
    ['a frame size that contradicts', riff(wrongFrame, data), /4 bytes a frame .* received 7/],
    ['A-law', riff(alaw, data), /unsupported WAV encoding\n.*received A-law/],
    ['zero-length sound', riff(fmt('s16', 1), chunk('data', Buffer.alloc(0))), /no sound in this file/],
    ['NaN', riff(fmt('f32', 1), chunk('data', pack('f32', [0, NaN]))), /sample 1 is not a number/],
    ['infinity', riff(fmt('f64', 2), chunk('data', pack('f64', [0, Infinity]))), /sample 0 is not a number/],
    [
      'endless empty chunks',
      Buffer.concat([Buffer.from('RIFF\0\0\0\0WAVE'), Buffer.alloc(80_000)]),
      /truncated WAV file/,
    ],
  ])('%s', async (_, bytes, message) => {
    await inFolder(async (file) => {
      const path = await file('bad.wav', bytes);
      const error: unknown = await readAudio(path).catch((caught: unknown) => caught);
      expect(error).toBeInstanceOf(DataError);
      expect((error as DataError).message).toMatch(message);
      expect((error as DataError).message.startsWith(`${path}: `)).toBe(true);
      expect((error as DataError).parts.hint).toBeDefined();
    });
  });
});

describe('writing WAV', () => {
  test('in memory gives the bytes of the file', async () => {
    await inFolder(async (_, folder) => {
      const waveform = { samples: Float32Array.of(0, 0.5, -1, 2, -2), sampleRateHz: 16_000 };
      await writeWav(join(folder, 'a.wav'), waveform);
      expect(Buffer.compare(encodeWav(waveform), await readFile(join(folder, 'a.wav')))).toBe(0);
    });
  });

  test('what is written is read back: exactly as float, within half a step as integers', async () => {
    await inFolder(async (_, folder) => {
      const path = join(folder, 'a.wav');
      const samples = fc.float32Array({ noNaN: true, min: -1, max: Math.fround(0.9999), minLength: 1, maxLength: 50 });
      await fc.assert(
        fc.asyncProperty(samples, fc.constantFrom('pcm16', 'pcm24', 'float32'), async (x, encoding) => {
          await writeWav(path, { samples: x, sampleRateHz: 44100 }, { encoding });
          const back = await readAudio(path);
          expect(back.sampleRateHz).toBe(44100);
          expect(back.samples.length).toBe(x.length);
          const step = { pcm16: 2 ** -15, pcm24: 2 ** -23, float32: 0 }[encoding];
          // At pcm16 the limit is the largest integer, less than a step below 0.9999…; float32 rounds the 24-bit division.
          back.samples.forEach((value, i) => expect(Math.abs(value - x[i]!)).toBeLessThanOrEqual(step * 0.5000001));
        }),
        { seed: 2, numRuns: 60 },
      );
      expect(await readdir(folder)).toEqual(['a.wav']);
    });
  });

  test('integers saturate', async () => {
    await inFolder(async (_, folder) => {
      const path = join(folder, 'a.wav');
      await writeWav(path, { samples: Float32Array.of(-3, 3), sampleRateHz: 8000 });
      expect((await readAudio(path)).samples).toEqual(Float32Array.of(-1, 32767 / 32768));
    });
  });

  test('refuses what cannot be written, and leaves nothing behind', async () => {
    await inFolder(async (_, folder) => {
      const path = join(folder, 'a.wav');
      const samples = new Float32Array(4);
      await expect(writeWav(path, { samples: Float32Array.of(0, NaN), sampleRateHz: 8000 })).rejects.toThrow(
        /finite samples, received NaN at sample 1/,
      );
      await expect(writeWav(path, { samples, sampleRateHz: 0.5 })).rejects.toThrow(UsageError);
      await expect(writeWav(path, { samples, sampleRateHz: 8000 }, { encoding: 'pcm8' as 'pcm16' })).rejects.toThrow(
        UsageError,
      );
      await expect(writeWav(join(folder, 'no', 'a.wav'), { samples, sampleRateHz: 8000 })).rejects.toThrow(DataError);
      await expect(writeWav(folder, { samples, sampleRateHz: 8000 })).rejects.toThrow(DataError);
      const pipe = join(folder, 'pipe');
      if (spawnSync('mkfifo', [pipe]).status === 0) {
        await expect(writeWav(pipe, { samples, sampleRateHz: 8000 })).rejects.toThrow(/a device, pipe or socket/);
        expect((await lstat(pipe)).isFIFO()).toBe(true);
        await rm(pipe);
      }
      expect(await readdir(folder)).toEqual([]);
    });
  });
});
