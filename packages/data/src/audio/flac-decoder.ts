import { createHash } from 'node:crypto';
import type { AudioReader } from './audio-info.js';
import type { ByteSource } from './byte-source.js';
import { OutOfBytes } from './flac-bits.js';
import { FlacCursor } from './flac-cursor.js';
import { createFlacFrameReader, type FlacFrame } from './flac-frame.js';
import { readFlacHeader } from './flac-header.js';
import { NotAFrame } from './flac-subframe.js';
import { lendFlacKernel } from './lend-flac-kernel.js';
import { mixPlanar } from './mix.js';
import { storedBytes, storedSize } from './stored-bytes.js';

/** A search for a frame stops narrowing here and walks on frame by frame. */
const CLOSE_BYTES = 1 << 17;
const FETCH_AGAIN = 'the file was cut short or damaged: fetch or copy it again';

/**
 * Opens a FLAC file whose `fLaC` mark lies at `offset`. Every frame's checksums are verified, and the MD5 of the samples too
 * where the whole file is read. A read of a part seeks to it by bisection.
 *
 * @throws {DataError} a damaged header; on reading, a damaged, missing or truncated frame.
 */
export async function openFlac(source: ByteSource, offset: number): Promise<AudioReader> {
  const header = await readFlacHeader(source, offset);
  const { bits, channels, sampleRateHz, framesOffset } = header;
  const withCursor = <T>(body: (cursor: FlacCursor) => Promise<T>): Promise<T> =>
    lendFlacKernel((kernel) => body(new FlacCursor(source, kernel, createFlacFrameReader(header, kernel))));
  const samples =
    header.samples > 0 ? header.samples : await withCursor((cursor) => countSamples(source, cursor, framesOffset));

  return {
    info: { format: 'flac', sampleRateHz, channels, bits, samples },
    async read(startSamples, lengthSamples, mixes) {
      const outs = mixes.map(() => new Float32Array(lengthSamples));
      const endSamples = startSamples + lengthSamples;
      const md5 =
        header.md5 !== undefined && startSamples === 0 && lengthSamples === samples ? createHash('md5') : undefined;
      const stored = md5 === undefined ? undefined : new Uint8Array(storedSize(channels, bits, header.maxBlockSamples));
      await withCursor(async (cursor) => {
        let next = await seek(source, cursor, framesOffset, startSamples);
        while (next.startSamples < endSamples) {
          const frame = await nextFrame(source, cursor, next);
          const from = Math.max(0, startSamples - frame.startSamples);
          const to = Math.min(frame.blockSamples, endSamples - frame.startSamples);
          if (to > from) {
            const at = frame.startSamples + from - startSamples;
            outs.forEach((out, m) => mixPlanar(frame.planes, from, to - from, 2 ** (bits - 1), mixes[m]!, out, at));
          }
          md5?.update(storedBytes(frame.planes, bits, to, stored));
          next = { offset: next.offset + frame.bytes, startSamples: frame.startSamples + frame.blockSamples };
        }
      });
      if (md5 !== undefined && md5.digest('hex') !== header.md5) {
        throw source.complain('damaged FLAC file', {
          expected: `samples with MD5 ${header.md5}`,
          received: 'other samples',
          hint: FETCH_AGAIN,
        });
      }
      return outs;
    },
  };
}

/** Where a frame starts, in bytes of the file and samples of the stream. */
interface Place {
  readonly offset: number;
  readonly startSamples: number;
}

/** The frame at `place`, which must continue the stream without a gap. */
async function nextFrame(source: ByteSource, cursor: FlacCursor, place: Place): Promise<FlacFrame> {
  const { offset, startSamples } = place;
  let frame: FlacFrame;
  try {
    frame = await cursor.frameAt(offset);
  } catch (error) {
    if (error instanceof OutOfBytes) {
      throw source.complain('truncated FLAC file', {
        expected: `more audio after sample ${startSamples}`,
        received: 'the end of the file',
        hint: FETCH_AGAIN,
      });
    }
    if (!(error instanceof NotAFrame)) throw error;
    throw source.complain(`damaged FLAC file at byte ${offset}`, {
      expected: 'an intact audio frame',
      received: error.message,
      hint: FETCH_AGAIN,
    });
  }
  if (frame.startSamples !== startSamples) {
    throw source.complain(`damaged FLAC file at byte ${offset}`, {
      expected: `the frame of sample ${startSamples}`,
      received: `that of sample ${frame.startSamples}`,
      hint: FETCH_AGAIN,
    });
  }
  return frame;
}

/** A frame at or shortly before the one that holds sample `target`. */
async function seek(source: ByteSource, cursor: FlacCursor, framesOffset: number, target: number): Promise<Place> {
  let low: Place = { offset: framesOffset, startSamples: 0 };
  let high = target === 0 ? framesOffset : source.sizeBytes;
  while (high - low.offset > CLOSE_BYTES) {
    const middle = Math.floor((low.offset + high) / 2);
    const found = await cursor.findFrame(middle, high);
    if (found !== undefined && found.frame.startSamples <= target)
      low = { offset: found.offset, startSamples: found.frame.startSamples };
    else high = middle;
  }
  return low;
}

/** Samples of a file whose header does not say: the end of its last frame. */
async function countSamples(source: ByteSource, cursor: FlacCursor, framesOffset: number): Promise<number> {
  const { offset, startSamples } = await seek(source, cursor, framesOffset, Number.MAX_SAFE_INTEGER);
  let place: Place = { offset, startSamples };
  while (place.offset < source.sizeBytes) {
    const frame = await nextFrame(source, cursor, place);
    place = { offset: place.offset + frame.bytes, startSamples: frame.startSamples + frame.blockSamples };
  }
  return place.startSamples;
}
