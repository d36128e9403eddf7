import type { ByteSource } from './byte-source.js';
import { MP3_HEADER_BYTES, parseMp3FrameHeader, parseMp3Tag, type Mp3FrameHeader, type Mp3Tag } from './mp3-header.js';

/** Where the frames of an MP3 file lie. */
export interface Mp3Index {
  readonly first: Mp3FrameHeader;
  /** Frames of sound. */
  readonly frames: number;
  /** Byte offset of every {@link MP3_INDEX_STEP}th frame of sound. */
  readonly offsets: readonly number[];
  readonly tag: Mp3Tag | undefined;
}

export const MP3_INDEX_STEP = 128;

const WINDOW_BYTES = 1 << 18;
/** A tag at the end of the file: ID3v1, APE, Lyrics3, a late ID3v2, or nothing but zeros. */
const TRAILER = /^(TAG|APETAGEX|LYRICSBEGIN|ID3|\0\0\0)/;
const FETCH_AGAIN = 'the file was cut short or damaged: fetch or copy it again';

/** Reads single frames of a file through a window of bytes that follows them. */
export class Mp3Frames {
  readonly #source: ByteSource;
  #window: Buffer = Buffer.alloc(0);
  #windowOffset = 0;

  constructor(source: ByteSource) {
    this.#source = source;
  }

  /** The bytes in [offset, offset + length), fewer only at the end of the file. */
  async bytes(offset: number, length: number): Promise<Buffer> {
    let from = offset - this.#windowOffset;
    if (from < 0 || from + length > this.#window.length) {
      this.#window = await this.#source.read(offset, Math.max(length, WINDOW_BYTES));
      this.#windowOffset = offset;
      from = 0;
    }
    return this.#window.subarray(from, from + length);
  }

  async header(offset: number): Promise<Mp3FrameHeader | undefined> {
    return parseMp3FrameHeader(await this.bytes(offset, MP3_HEADER_BYTES), 0);
  }
}

/** Whether two frames can belong to one stream. */
export function sameStream(a: Mp3FrameHeader, b: Mp3FrameHeader): boolean {
  return a.version === b.version && a.sampleRateHz === b.sampleRateHz && a.channels === b.channels;
}

/**
 * Walks all frames from `offset` on (the first frame), without decoding them.
 *
 * @throws {DataError} a gap between frames, a change of rate or channels, or a file that ends before its last frame does.
 */
export async function indexMp3(source: ByteSource, offset: number): Promise<Mp3Index> {
  const { complain, sizeBytes } = source;
  const file = new Mp3Frames(source);
  let first: Mp3FrameHeader | undefined;
  let tag: Mp3Tag | undefined;
  const offsets: number[] = [];
  let frames = 0;
  let at = offset;
  while (at < sizeBytes) {
    const header = await file.header(at);
    if (header === undefined) {
      const rest = (await file.bytes(at, 16)).toString('latin1');
      if (TRAILER.test(rest) || sizeBytes - at < MP3_HEADER_BYTES) break;
      throw complain(`damaged MP3 file at byte ${at}`, {
        expected: 'the header of the next frame',
        received: 'other bytes',
        hint: FETCH_AGAIN,
      });
    }
    if (at + header.bytes > sizeBytes) {
      throw complain('truncated MP3 file', {
        expected: `${header.bytes} bytes in the frame at byte ${at}`,
        received: `${sizeBytes - at}`,
        hint: FETCH_AGAIN,
      });
    }
    if (first !== undefined && !sameStream(first, header)) {
      throw complain(`damaged MP3 file at byte ${at}`, {
        expected: `${first.sampleRateHz} Hz, ${first.channels} channels as before`,
        received: `${header.sampleRateHz} Hz, ${header.channels} channels`,
        hint: 'split a file joined from different recordings, or fetch a damaged one again',
      });
    }
    if (first === undefined) tag = parseMp3Tag(await file.bytes(at, header.bytes), header);
    if (first !== undefined || tag === undefined) {
      if (frames % MP3_INDEX_STEP === 0) offsets.push(at);
      frames++;
    }
    first ??= header;
    at += header.bytes;
  }
  if (first === undefined) {
    throw complain('truncated MP3 file', { expected: 'at least one frame', received: 'none', hint: FETCH_AGAIN });
  }
  if (tag?.frames !== undefined && frames < tag.frames) {
    throw complain('truncated MP3 file', {
      expected: `${tag.frames} frames`,
      received: `${frames}`,
      hint: FETCH_AGAIN,
    });
  }
  return { first, frames, offsets, tag };
}
