import { readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { DataError } from '@asc/core';
import { expect, it } from '@jest/globals';
import fc from 'fast-check';
import { withFolder, writeFiles } from '../test-folder.test.helper.js';
import { type EmbeddedSegment, readAudioSetEmbeddings } from './audioset-embeddings.js';
import { crc32c, masked } from './crc32c.js';

// Written by Google's protobuf runtime and a bitwise CRC-32C (golden/make/audioset_embeddings.py); bytes must be equal.
const GOLDEN = new URL('../../../../golden/audioset/', import.meta.url);

async function read(path: string): Promise<EmbeddedSegment[]> {
  const segments: EmbeddedSegment[] = [];
  for await (const segment of readAudioSetEmbeddings(path)) segments.push(segment);
  return segments;
}

it('reads what protobuf wrote', async () => {
  const told = JSON.parse(await readFile(new URL('three.json', GOLDEN), 'utf8')) as unknown;
  const segments = await read(new URL('three.tfrecord', GOLDEN).pathname);
  expect(segments.map(({ frames, ...rest }) => ({ ...rest, framesHex: Buffer.from(frames).toString('hex') }))).toEqual(
    told,
  );
});

it('reads a folder of files in order of name', async () => {
  const bytes = await readFile(new URL('three.tfrecord', GOLDEN));
  await withFolder(async (folder) => {
    await writeFiles(folder, { 'notes.txt': '' });
    await expect(read(folder)).rejects.toThrow(/holds no embeddings/);
    for (const name of ['-1.tfrecord', '00.tfrecord']) await writeFile(join(folder, name), bytes);
    expect(await read(folder)).toHaveLength(6);
    await expect(read(join(folder, 'gone'))).rejects.toThrow(/Cannot read .*gone/);
  });
});

it('notices every change of a byte, and every missing one', async () => {
  const bytes = await readFile(new URL('three.tfrecord', GOLDEN));
  await withFolder(async (folder) => {
    const file = join(folder, 'x.tfrecord');
    await fc.assert(
      fc.asyncProperty(fc.nat(bytes.length - 1), fc.integer({ min: 1, max: 255 }), async (at, flip) => {
        const changed = Buffer.from(bytes);
        changed[at] = (changed[at] ?? 0) ^ flip;
        await writeFile(file, changed);
        await expect(read(file)).rejects.toThrow(/record \d has a damaged length|record \d is damaged/);
      }),
      { seed: 1, numRuns: 60 },
    );
    await writeFile(file, bytes.subarray(0, bytes.length - 1));
    await expect(read(file)).rejects.toThrow(/record 3 is cut short/);
    await writeFile(file, bytes.subarray(0, 5));
    await expect(read(file)).rejects.toThrow(/record 1 is cut short/);
  });
});

it('refuses whole records of something else', async () => {
  const sum = crc32c();
  const record = (data: Uint8Array): Buffer => {
    const frame = Buffer.alloc(12 + data.length + 4);
    frame.writeBigUInt64LE(BigInt(data.length), 0);
    frame.writeUInt32LE(masked(sum(frame.subarray(0, 8))), 8);
    frame.set(data, 12);
    frame.writeUInt32LE(masked(sum(data)), 12 + data.length);
    return frame;
  };
  await withFolder(async (folder) => {
    const file = join(folder, 'x.tfrecord');
    // An empty message, an unknown wire type, a number that never ends, and noise.
    for (const data of [[], [0x0f], [0x08, ...Array<number>(12).fill(0xff)], [0x0a, 0x05, 0x0a]]) {
      await writeFile(file, record(Uint8Array.from(data)));
      await expect(read(file)).rejects.toThrow(/record 1 is no segment of AudioSet/);
    }
    await fc.assert(
      fc.asyncProperty(fc.uint8Array({ maxLength: 60 }), async (data) => {
        await writeFile(file, record(data));
        await expect(read(file)).rejects.toThrow(DataError);
      }),
      { seed: 2, numRuns: 60 },
    );
  });
});

it('computes the check value of RFC 3720', () => {
  expect(crc32c()(Buffer.from('123456789'))).toBe(0xe3069283);
});
