import { mkdir, rename } from 'node:fs/promises';
import { join } from 'node:path';
import { describe, expect, test } from '@jest/globals';
import { DataError, UsageError } from '@asc/core';
import { chunk, fmt, inFolder, pack, riff, verbatimFlac } from './audio-bytes.test.helper.js';
import type { Mono } from './audio-info.js';
import { encodeFlac } from './flac-encoder.js';
import { probeAudio, readAudio, readChannels } from './read-audio.js';
import { writeWav } from './wav-writer.js';

const stereo = riff(fmt('s16', 2, 16000), chunk('data', pack('s16', [1000, 3000, -2000, 2000])));

test('the example of the README', async () => {
  await inFolder(async (file, folder) => {
    const second = Int16Array.from({ length: 16000 }, (_, i) => 9000 * Math.sin(i / 9));
    const street = await file('street.flac', verbatimFlac(second));
    const { format, channels, sampleRateHz, samples } = await probeAudio(street);
    expect({ format, channels, sampleRateHz, samples }).toEqual({
      format: 'flac',
      channels: 1,
      sampleRateHz: 16000,
      samples: 16000,
    });
    const clip = await readAudio(street, {
      range: { startSamples: 0.25 * sampleRateHz, lengthSamples: 0.5 * sampleRateHz },
      sampleRateHz: 32000,
      mono: 'mean',
    });
    const written = join(folder, 'street.wav');
    await writeWav(written, clip, { encoding: 'pcm24' });
    expect(await probeAudio(written)).toEqual({
      format: 'wav',
      channels: 1,
      sampleRateHz: 32000,
      bits: 24,
      samples: 16000,
    });
  });
});

describe('readAudio', () => {
  test('the channel can be chosen', async () => {
    await inFolder(async (file) => {
      const path = await file('a.wav', stereo);
      const read = async (mono?: Mono) =>
        Array.from((await readAudio(path, mono === undefined ? {} : { mono })).samples, (v) => v * 32768);
      expect(await read()).toEqual([2000, 0]);
      expect(await read('mean')).toEqual([2000, 0]);
      expect(await read(0)).toEqual([1000, -2000]);
      expect(await read(1)).toEqual([3000, 2000]);
      expect(await read('mid')).toEqual([2000, 0]);
      expect(await read('left')).toEqual([1000, -2000]);
      expect(await read('right')).toEqual([3000, 2000]);
      await expect(read(2)).rejects.toThrow(
        /no such channel\nexpected 'mean', .* or a channel from 0 to 1, received 2/,
      );
    });
  });

  test('every channel can be had at once, whatever the format', async () => {
    await inFolder(async (file) => {
      const planes = [0, 1, 2].map((c) => Int32Array.from({ length: 5000 }, (_, i) => ((i * (c + 3)) % 2000) - 1000));
      const range = { startSamples: 4000, lengthSamples: 300 };
      const expected = planes.map((plane) => Float32Array.from(plane.subarray(4000, 4300), (value) => value / 32768));
      const flac = await file('a.flac', encodeFlac({ planes, bits: 16, sampleRateHz: 8000 }));
      const interleaved = Array.from({ length: 15_000 }, (_, i) => planes[i % 3]![Math.floor(i / 3)]!);
      const wav = await file('a.wav', riff(fmt('s16', 3), chunk('data', pack('s16', interleaved))));
      for (const path of [flac, wav]) {
        expect((await readChannels(path, { range })).map(({ samples }) => samples)).toEqual(expected);
        const mid = (await readAudio(path, { range, mono: 'mid' })).samples;
        expect(mid).toEqual(expected[0]!.map((x, i) => (x + expected[1]![i]!) / 2));
      }
      const one = await file('b.wav', riff(fmt('s16', 1), chunk('data', pack('s16', [5, 6]))));
      // One channel is all there is to the left, to the right and in the middle.
      for (const mono of ['left', 'right', 'mid', 'mean', 0] as const) {
        expect((await readAudio(one, { mono })).samples).toEqual(Float32Array.of(5 / 32768, 6 / 32768));
      }
      await expect(readAudio(one, { mono: 1 })).rejects.toThrow(/no such channel/);
      await expect(readChannels(one, { mono: 'left' } as object)).rejects.toBeInstanceOf(UsageError);
    });
  });

  test('the name does not matter', async () => {
    await inFolder(async (file, folder) => {
      const path = await file('a.wav', stereo);
      await rename(path, join(folder, 'a.mp3'));
      expect((await probeAudio(join(folder, 'a.mp3'))).format).toBe('wav');
    });
  });

  test('it resamples where a rate is asked for', async () => {
    await inFolder(async (file) => {
      const path = await file('a.wav', stereo);
      const { samples, sampleRateHz } = await readAudio(path, { sampleRateHz: 44100 });
      expect(sampleRateHz).toBe(44100);
      expect(samples.length).toBe(Math.ceil((2 * 44100) / 16000));
      await expect(readAudio(path, { sampleRateHz: 0 })).rejects.toThrow(UsageError);
      const odd = await file('odd.wav', riff(fmt('s16', 1, 44101), chunk('data', pack('s16', [1, 2, 3]))));
      const refused: unknown = await readAudio(odd, { sampleRateHz: 44100 }).catch((error: unknown) => error);
      expect(refused).toBeInstanceOf(DataError);
      expect((refused as DataError).message).toMatch(/odd\.wav: cannot resample 44101 Hz[^]*received 44101 Hz/);
    });
  });

  test.each([
    { startSamples: 0, lengthSamples: 3 },
    { startSamples: 2, lengthSamples: 1 },
    { startSamples: -1, lengthSamples: 1 },
    { startSamples: 0, lengthSamples: 0 },
    { startSamples: 0.5, lengthSamples: 1 },
    { startSamples: NaN, lengthSamples: 1 },
  ])('a range outside the recording is refused: %o', async (range) => {
    await inFolder(async (file) => {
      await expect(readAudio(await file('a.wav', stereo), { range })).rejects.toThrow(
        /the range lies outside the recording\nexpected .* within 0 to 2/,
      );
    });
  });

  test('an unknown option is refused', async () => {
    await inFolder(async (file) => {
      const options = { rate: 8000 } as object;
      await expect(readAudio(await file('a.wav', stereo), options)).rejects.toThrow(UsageError);
    });
  });

  test.each([
    ['an empty file', '', /empty file/],
    ['text', 'file,label\na.wav,park\n', /received text/],
    ['a web page', '<!DOCTYPE html><html>404</html>', /received a web page/],
    ['a pointer', 'version https://git-lfs.github.com/spec/v1', /Git LFS pointer/],
    ['zeros', Buffer.alloc(5000), /received zeros/],
    ['an Ogg file', Buffer.from('OggS\0\x02\0\0'), /received an Ogg file/],
    ['a picture', Buffer.from('89504e470d0a1a0a0000', 'hex'), /begins with the bytes 89504e470d0a1a0a/],
    ['AVI', Buffer.from('RIFF\x10\0\0\0AVI LIST'), /RIFF file that holds no WAVE/],
    ['a lone ID3 tag', Buffer.from('ID3\x04\0\0\0\0\x7f\x7f'), /truncated audio file/],
    ['bare fLaC', 'fLaC', /truncated FLAC file/],
    ['AAC', Buffer.from('fff15080', 'hex'), /AAC/],
  ])('%s called .wav is refused by what it is', async (_, bytes, message) => {
    await inFolder(async (file) => {
      const path = await file('a.wav', bytes);
      for (const reading of [readAudio(path), probeAudio(path)]) {
        const error: unknown = await reading.catch((caught: unknown) => caught);
        expect(error).toBeInstanceOf(DataError);
        expect((error as DataError).message).toMatch(message);
        expect((error as DataError).message.startsWith(`${path}: `)).toBe(true);
        expect((error as DataError).parts.hint).toBeDefined();
      }
    });
  });

  test('a missing file and a folder are refused', async () => {
    await inFolder(async (_, folder) => {
      await mkdir(join(folder, 'b.wav'));
      await expect(readAudio(join(folder, 'a.wav'))).rejects.toThrow(/a.wav: no such file/);
      await expect(readAudio(join(folder, 'b.wav'))).rejects.toThrow(
        /b.wav: not a file\nexpected an audio file, received a folder/,
      );
      await expect(readAudio(join(folder, 'b.wav', 'c.wav'))).rejects.toThrow(DataError);
      await expect(readAudio('/dev/zero')).rejects.toThrow(/received a pipe, socket or device/);
    });
  });
});
