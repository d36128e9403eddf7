import { readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { describe, expect, test } from '@jest/globals';
import { probeAudio, readAudio } from './read-audio.js';

interface Recording {
  readonly file: string;
  readonly group: 'wav' | 'flac' | 'mp3';
  readonly at: number;
  readonly sampleRateHz: number;
  readonly channels: number;
  readonly samples: number;
  readonly bits: number | null;
}

const folder = new URL('../../../../golden/audio/', import.meta.url);
const { recordings } = JSON.parse(readFileSync(new URL('index.json', folder), 'utf8')) as {
  recordings: readonly Recording[];
};

function reference(group: string): Float32Array {
  const bytes = readFileSync(new URL(`${group}.f32`, folder));
  return new Float32Array(new Uint8Array(bytes).buffer);
}

function largestDifference(a: Float32Array, b: Float32Array): number {
  return a.reduce((worst, value, i) => Math.max(worst, Math.abs(value - b[i]!)), a.length === b.length ? 0 : Infinity);
}

// WAV and FLAC are lossless: exact. minimp3 rounds to 16 bits (half a step is 1.5e-5) and its arithmetic differs from mpg123's.
const tolerance = { wav: 0, flac: 0, mp3: 1e-4 };

describe.each(['wav', 'flac', 'mp3'] as const)('every %s file decodes as libsndfile decodes it', (group) => {
  const expected = reference(group);
  test.each(recordings.filter((recording) => recording.group === group))(
    '$file',
    async ({ file, at, sampleRateHz, channels, samples, bits }) => {
      const path = fileURLToPath(new URL(file, folder));
      expect(await probeAudio(path)).toEqual({
        format: group,
        sampleRateHz,
        channels,
        bits: bits ?? undefined,
        samples,
      });
      const planes = Array.from({ length: channels }, (_, c) =>
        Float32Array.from({ length: samples }, (__, i) => expected[at + i * channels + c]!),
      );
      for (const [c, plane] of planes.entries()) {
        const decoded = await readAudio(path, { mono: c });
        expect(decoded.sampleRateHz).toBe(sampleRateHz);
        expect(largestDifference(decoded.samples, plane)).toBeLessThanOrEqual(tolerance[group]);
      }
      const mean = Float32Array.from(
        { length: samples },
        (_, i) => planes.reduce((sum, plane) => sum + plane[i]!, 0) / channels,
      );
      // A mean of three or five may be rounded once more, at the 24th bit.
      expect(largestDifference((await readAudio(path)).samples, mean)).toBeLessThanOrEqual(tolerance[group] + 2 ** -24);
    },
  );

  test('a part is what the whole has there', async () => {
    for (const { file, samples } of recordings.filter((recording) => recording.group === group)) {
      const path = fileURLToPath(new URL(file, folder));
      const whole = (await readAudio(path)).samples;
      for (const startSamples of [0, Math.floor(samples / 3), samples - 5]) {
        const lengthSamples = Math.min(Math.ceil(samples / 2), samples - startSamples);
        const part = await readAudio(path, { range: { startSamples, lengthSamples } });
        expect(part.samples).toEqual(whole.slice(startSamples, startSamples + lengthSamples));
      }
    }
  });
});
