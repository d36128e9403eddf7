import type { ByteSource } from './byte-source.js';
import type { FlacStream } from './flac-frame.js';

/** The metadata blocks of a FLAC file, as far as decoding needs them. */
export interface FlacHeader extends FlacStream {
  /** Samples per channel; 0 where the encoder did not know (it wrote to a pipe). */
  readonly samples: number;
  /** MD5 of the decoded samples in hex; `undefined` where the encoder did not store it. */
  readonly md5: string | undefined;
  /** Where the first frame starts. */
  readonly framesOffset: number;
}

const MAX_BLOCKS = 4096;
const FETCH_AGAIN = 'the file was cut short or damaged: fetch or copy it again';

/**
 * Reads the metadata of a FLAC stream whose `fLaC` mark lies at `offset`. Source: RFC 9639, section 8.
 *
 * @throws {DataError} a damaged or truncated header, or samples of more than 24 bits.
 */
export async function readFlacHeader(source: ByteSource, offset: number): Promise<FlacHeader> {
  const { complain } = source;
  let stream: Omit<FlacHeader, 'framesOffset'> | undefined;
  let at = offset + 4;
  for (let blocks = 0; blocks < MAX_BLOCKS; blocks++) {
    const head = await source.read(at, 4);
    if (head.length < 4) break;
    const size = head.readUIntBE(1, 3);
    at += 4;
    if (stream === undefined) {
      const info = await source.read(at, 34);
      if ((head[0]! & 0x7f) !== 0 || size !== 34) {
        throw complain('damaged FLAC header', {
          expected: 'a STREAMINFO block first',
          received: `block type ${head[0]! & 0x7f}`,
          hint: FETCH_AGAIN,
        });
      }
      if (info.length < 34) break;
      const packed = info.readBigUInt64BE(10);
      const md5 = info.toString('hex', 18, 34);
      stream = {
        minBlockSamples: info.readUInt16BE(0),
        maxBlockSamples: info.readUInt16BE(2),
        sampleRateHz: Number(packed >> 44n),
        channels: Number((packed >> 41n) & 7n) + 1,
        bits: Number((packed >> 36n) & 31n) + 1,
        samples: Number(packed & 0xfffffffffn),
        md5: /^0+$/.test(md5) ? undefined : md5,
      };
      if (stream.sampleRateHz === 0 || stream.maxBlockSamples < 16 || stream.minBlockSamples > stream.maxBlockSamples) {
        throw complain('damaged FLAC header', {
          expected: 'a sample rate above 0 Hz and blocks of at least 16 samples',
          received: `${stream.sampleRateHz} Hz, blocks of ${stream.minBlockSamples} to ${stream.maxBlockSamples}`,
          hint: FETCH_AGAIN,
        });
      }
      if (stream.bits < 4 || stream.bits > 24) {
        throw complain('unsupported FLAC samples', {
          expected: '4 to 24 bits',
          received: `${stream.bits} bits`,
          hint: 'convert the file to 24-bit FLAC or to WAV',
        });
      }
    }
    at += size;
    if ((head[0]! & 0x80) !== 0) return { ...stream, framesOffset: at };
  }
  throw complain('truncated FLAC file', {
    expected: 'metadata and audio frames',
    received: `the end of the file (${source.sizeBytes} bytes)`,
    hint: FETCH_AGAIN,
  });
}
