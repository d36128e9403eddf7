import type { AudioReader } from './audio-info.js';
import type { ByteSource } from './byte-source.js';
import { openFlac } from './flac-decoder.js';
import { openMp3 } from './mp3-decoder.js';
import { Mp3Frames, sameStream } from './mp3-index.js';
import { openWav } from './wav-reader.js';

/** How far behind the tags of an MP3 file its first frame may lie. */
const MP3_SEARCH_BYTES = 1 << 16;
const SUPPORTED = 'WAV, FLAC or MP3';

/** How files of formats worth naming begin, as latin1. */
const OTHERS: readonly (readonly [string | RegExp, string])[] = [
  [/^RIFX/, 'a big-endian (RIFX) WAV file'],
  [/^riff/, 'a Sony Wave64 file'],
  [/^RIFF/, 'a RIFF file that holds no WAVE sound'],
  [/^FORM.{4}AIF/s, 'an AIFF file'],
  [/^OggS/, 'an Ogg file (Vorbis, Opus or Ogg FLAC)'],
  [/^.{4}ftyp/s, 'an MP4 or M4A file'],
  ['\x1aE\xdf\xa3', 'a Matroska or WebM file'],
  [/^caff/, 'a Core Audio file'],
  [/^wvpk/, 'a WavPack file'],
  [/^\.snd/, 'an AU file'],
  [/^\xff[\xf0\xf1\xf8\xf9]/, 'an AAC (ADTS) stream'],
  ['PK\x03\x04', 'a ZIP archive'],
  ['\x1f\x8b', 'a gzip archive'],
  [/^version https:\/\/git-lfs/, 'a Git LFS pointer, not the file itself'],
  [/^\s*<(!doctype|html|\?xml)/i, 'a web page or XML'],
  [/^[\t\n\r\x20-\x7e]+$/, 'text'],
  [/^\0+$/, 'zeros'],
];

/** Length of the ID3v2 tags the file begins with: mostly none or one, sometimes one for each program it went through. */
async function id3Bytes(source: ByteSource): Promise<number> {
  let end = 0;
  for (let tags = 0; tags < 16; tags++) {
    const head = await source.read(end, 10);
    if (head.length < 10 || head.toString('latin1', 0, 3) !== 'ID3') break;
    const size = head.subarray(6, 10).reduce((sum, byte) => sum * 128 + (byte & 0x7f), 0);
    end += 10 + size + ((head[5]! & 0x10) !== 0 ? 10 : 0);
  }
  return end;
}

/** The first of two frames in a row (or of one that ends the file) in [offset, end). */
async function findMp3(source: ByteSource, offset: number, end: number): Promise<number | undefined> {
  const file = new Mp3Frames(source);
  for (let at = offset; at < Math.min(end, source.sizeBytes); at++) {
    const header = await file.header(at);
    if (header === undefined) continue;
    const next = at + header.bytes;
    const following = await file.header(next);
    // A file that ends inside its first two frames is one cut short, and reported so when its frames are walked.
    if (following === undefined ? next + 4 > source.sizeBytes : sameStream(header, following)) return at;
  }
  return undefined;
}

/**
 * Recognises a recording by its content, whatever its name, and opens it.
 *
 * @throws {DataError} not a format we read, or a damaged file of one.
 */
export async function openAudio(source: ByteSource): Promise<AudioReader> {
  const head = (await source.read(0, 64)).toString('latin1');
  if (/^(RIFF|RF64|BW64).{4}WAVE/s.test(head)) return openWav(source);
  const tagsEnd = await id3Bytes(source);
  if ((await source.read(tagsEnd, 4)).toString('latin1') === 'fLaC') return openFlac(source, tagsEnd);
  const mp3 = await findMp3(source, tagsEnd, tagsEnd > 0 ? tagsEnd + MP3_SEARCH_BYTES : 1);
  if (mp3 !== undefined) return openMp3(source, mp3);

  if (/^(RIFF|RF64|BW64|fLaC|ID3)/.test(head) && source.sizeBytes < 12 + tagsEnd) {
    throw source.complain('truncated audio file', {
      expected: 'a header and samples',
      received: `${source.sizeBytes} bytes`,
      hint: 'fetch or copy the file again',
    });
  }
  const other = OTHERS.find(([mark]) => (typeof mark === 'string' ? head.startsWith(mark) : mark.test(head)));
  const first = Buffer.from(head.slice(0, 8), 'latin1').toString('hex');
  throw source.complain(`not a ${SUPPORTED} file`, {
    expected: SUPPORTED,
    received: other?.[1] ?? `a file that begins with the bytes ${first}`,
    hint: 'convert it to WAV or FLAC, or leave it out',
  });
}
