import { readFileSync } from 'node:fs';
import { describe, expect, test } from '@jest/globals';
import { DataError } from '@asc/core';
import fc from 'fast-check';
import { inFolder } from './audio-bytes.test.helper.js';
import { probeAudio, readAudio } from './read-audio.js';

const golden = (name: string) => readFileSync(new URL(`../../../../golden/audio/${name}.mp3`, import.meta.url));
const tagged = golden('44100-2-constant');
const untagged = golden('untagged').subarray(20, -128);

describe('MP3', () => {
  test('a part of a long file equals that part of the whole', async () => {
    await inFolder(async (file) => {
      // Joined end to end, the bit reservoir of each copy is its own: more frames than one step of the index.
      const path = await file('long.mp3', Buffer.concat(Array.from({ length: 30 }, () => untagged)));
      const whole = (await readAudio(path)).samples;
      for (const startSamples of [0, 50_000, 160_000, whole.length - 3000]) {
        const part = await readAudio(path, { range: { startSamples, lengthSamples: 3000 } });
        expect(part.samples).toEqual(whole.slice(startSamples, startSamples + 3000));
      }
    });
  });

  test('a stream cut out of a longer one starts with silence, not with an error', async () => {
    const frames = [0];
    for (let at = 2; at < untagged.length - 1; at++)
      if (untagged[at] === 0xff && untagged[at + 1] === tagged[1]) frames.push(at);
    await inFolder(async (file) => {
      const { samples } = await readAudio(await file('cut.mp3', untagged.subarray(frames[3])));
      expect(samples.length % 1152).toBe(0);
      expect(samples.some((value) => Math.abs(value) > 0.1)).toBe(true);
    });
  });

  test('a truncated file is refused wherever it ends', async () => {
    await inFolder(async (file) => {
      await fc.assert(
        fc.asyncProperty(fc.integer({ min: 1, max: tagged.length - 1 }), async (bytes) => {
          await expect(readAudio(await file('cut.mp3', tagged.subarray(0, bytes)))).rejects.toThrow(DataError);
        }),
        { seed: 6, numRuns: 40 },
      );
      await expect(readAudio(await file('cut.mp3', tagged.subarray(0, -20)))).rejects.toThrow(
        /cut.mp3: truncated MP3 file/,
      );
    });
  });

  test('a gap between frames is refused', async () => {
    const middle = tagged.length >> 1;
    await inFolder(async (file) => {
      const path = await file(
        'gap.mp3',
        Buffer.concat([tagged.subarray(0, middle), Buffer.alloc(100, 7), tagged.subarray(middle + 57)]),
      );
      await expect(readAudio(path)).rejects.toThrow(/gap.mp3: damaged MP3 file at byte \d+/);
    });
  });

  test('recordings of different rates joined end to end are refused', async () => {
    await inFolder(async (file) => {
      const path = await file('joined.mp3', Buffer.concat([untagged, golden('48000-1-variable')]));
      await expect(probeAudio(path)).rejects.toThrow(/44100 Hz, 2 channels as before, received 48000 Hz, 1 channels/);
    });
  });

  test('damaged frames end in a DataError or in finite samples, never in a hang or another error', async () => {
    await inFolder(async (file) => {
      const noise = fc.array(fc.tuple(fc.nat({ max: untagged.length - 1 }), fc.nat({ max: 255 })), {
        minLength: 1,
        maxLength: 20,
      });
      await fc.assert(
        fc.asyncProperty(noise, async (changes) => {
          const damaged = Buffer.from(untagged);
          for (const [at, value] of changes) damaged[at] = value;
          const result: unknown = await readAudio(await file('damaged.mp3', damaged)).catch((error: unknown) => error);
          if (result instanceof Error) expect(result).toBeInstanceOf(DataError);
          else expect((result as { samples: Float32Array }).samples.every(Number.isFinite)).toBe(true);
        }),
        { seed: 7, numRuns: 60 },
      );
    });
  });
});
