import { readFileSync } from 'node:fs';
import { describe, expect, test } from '@jest/globals';
import { DataError } from '@asc/core';
import fc from 'fast-check';
import { inFolder, verbatimFlac } from './audio-bytes.test.helper.js';
import { probeAudio, readAudio } from './read-audio.js';

const golden = readFileSync(new URL('../../../../golden/audio/level-0.5.flac', import.meta.url));
const long = Int16Array.from({ length: 150_000 }, (_, i) => (i * 7919) % 65536);
const asFloats = (samples: Int16Array) => Float32Array.from(samples, (value) => value / 32768);

describe('FLAC', () => {
  test('a part in the middle of a long file is found by bisection', async () => {
    await inFolder(async (file) => {
      const path = await file('long.flac', verbatimFlac(long));
      for (const startSamples of [1, 255, 256, 70_001, 149_000]) {
        const { samples } = await readAudio(path, { range: { startSamples, lengthSamples: 1000 } });
        expect(samples).toEqual(asFloats(long.subarray(startSamples, startSamples + 1000)));
      }
    });
  });

  test('a file that does not tell its length has its frames counted', async () => {
    await inFolder(async (file) => {
      const path = await file('pipe.flac', verbatimFlac(long, 0));
      expect((await probeAudio(path)).samples).toBe(long.length);
      expect((await readAudio(path)).samples).toEqual(asFloats(long));
    });
  });

  test('an ID3 tag before it does not make it an MP3 file', async () => {
    await inFolder(async (file) => {
      const path = await file('a.mp3', Buffer.concat([Buffer.from('ID3\x04\0\0\0\0\0\x05'), Buffer.alloc(5), golden]));
      expect((await probeAudio(path)).format).toBe('flac');
      expect((await readAudio(path)).samples.length).toBe(5000);
    });
  });

  test('a truncated file is refused wherever it ends', async () => {
    await inFolder(async (file) => {
      await fc.assert(
        fc.asyncProperty(fc.integer({ min: 1, max: golden.length - 1 }), async (bytes) => {
          const path = await file('cut.flac', golden.subarray(0, bytes));
          await expect(readAudio(path)).rejects.toThrow(DataError);
        }),
        { seed: 3, numRuns: 40 },
      );
      const path = await file('cut.flac', golden.subarray(0, golden.length - 100));
      await expect(readAudio(path)).rejects.toThrow(
        /cut.flac: truncated FLAC file\nexpected more audio after sample \d+, received the end/,
      );
    });
  });

  test('damage to any bit of the audio is noticed', async () => {
    const header = 4 + 4 + 34;
    const frames = golden.indexOf(Buffer.from([0xff, 0xf8]), header);
    await inFolder(async (file) => {
      await fc.assert(
        fc.asyncProperty(fc.integer({ min: frames * 8, max: golden.length * 8 - 1 }), async (bit) => {
          const damaged = Buffer.from(golden);
          damaged[bit >> 3]! ^= 1 << (bit & 7);
          await expect(readAudio(await file('damaged.flac', damaged))).rejects.toThrow(DataError);
        }),
        { seed: 4, numRuns: 60 },
      );
    });
  });

  test('samples that contradict the MD5 are noticed even where all checksums hold', async () => {
    const wrong = Buffer.from(golden);
    wrong[26]! ^= 1;
    await inFolder(async (file) => {
      await expect(readAudio(await file('md5.flac', wrong))).rejects.toThrow(/expected samples with MD5/);
    });
  });

  test('any bytes after a good header end in a DataError, never a hang or another error', async () => {
    await inFolder(async (file) => {
      await fc.assert(
        fc.asyncProperty(fc.uint8Array({ minLength: 0, maxLength: 400 }), fc.nat({ max: 60 }), async (noise, keep) => {
          const bytes = Buffer.concat([golden.subarray(0, keep), noise]);
          const path = await file('noise.flac', bytes.length > 0 ? bytes : Buffer.from('x'));
          await expect(readAudio(path)).rejects.toThrow(DataError);
        }),
        { seed: 5, numRuns: 80 },
      );
    });
  });

  test('0 Hz and 32-bit samples are refused', async () => {
    const silent = Buffer.from(golden);
    silent.fill(0, 18, 20);
    silent[20]! &= 0x0f;
    const wide = Buffer.from(golden);
    wide[20]! |= 1;
    wide[21]! |= 0xf0;
    await inFolder(async (file) => {
      await expect(readAudio(await file('a.flac', silent))).rejects.toThrow(/sample rate above 0 Hz/);
      await expect(readAudio(await file('b.flac', wide))).rejects.toThrow(/4 to 24 bits, received 32 bits/);
    });
  });
});
