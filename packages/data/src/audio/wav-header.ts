import type { ByteSource } from './byte-source.js';

/** How one sample lies in the data chunk, little-endian. `u8` has its zero at 128. */
export type WavEncoding = 'u8' | 's16' | 's24' | 's32' | 'f32' | 'f64';

/** What the chunks before the samples say. */
export interface WavHeader {
  readonly encoding: WavEncoding;
  readonly bits: number;
  readonly sampleRateHz: number;
  readonly channels: number;
  /** Bytes of one sample of every channel. */
  readonly frameBytes: number;
  readonly dataOffset: number;
  /** Samples per channel. */
  readonly samples: number;
}

const PCM = 1;
const FLOAT = 3;
const EXTENSIBLE = 0xfffe;
/** Bytes 2–15 of every KSDATAFORMAT_SUBTYPE GUID that only wraps a format tag. */
const SUBTYPE_TAIL = '000000001000800000aa00389b71';
const MAX_CHUNKS = 4096;
const REEXPORT = 're-export the file, or convert it to PCM WAV or FLAC';
const FETCH_AGAIN = 'the file was cut short or damaged: fetch or copy it again';

const TAG_NAMES: Readonly<Record<number, string>> = {
  2: 'MS ADPCM',
  6: 'A-law',
  7: 'µ-law',
  17: 'IMA ADPCM',
  49: 'GSM 6.10',
  80: 'MPEG',
  85: 'MP3',
};

type Format = Omit<WavHeader, 'dataOffset' | 'samples'>;

function parseFormat(chunk: Buffer, source: ByteSource): Format {
  const { complain } = source;
  if (chunk.length < 16) {
    throw complain('damaged WAV header', {
      expected: 'a fmt chunk of at least 16 bytes',
      received: `${chunk.length}`,
      hint: FETCH_AGAIN,
    });
  }
  let tag = chunk.readUInt16LE(0);
  const channels = chunk.readUInt16LE(2);
  const sampleRateHz = chunk.readUInt32LE(4);
  const frameBytes = chunk.readUInt16LE(12);
  const bits = chunk.readUInt16LE(14);
  if (tag === EXTENSIBLE && chunk.length >= 40 && chunk.toString('hex', 26, 40) === SUBTYPE_TAIL)
    tag = chunk.readUInt16LE(24);
  if (channels === 0) {
    throw complain('damaged WAV header', { expected: 'at least 1 channel', received: '0', hint: FETCH_AGAIN });
  }
  if (sampleRateHz === 0) {
    throw complain('damaged WAV header', { expected: 'a sample rate above 0 Hz', received: '0', hint: FETCH_AGAIN });
  }
  // Samples narrower than their container are left-justified, so the container alone fixes the scale.
  const bytes = Math.ceil(bits / 8);
  const encoding =
    tag === PCM
      ? ([undefined, 'u8', 's16', 's24', 's32'] as const)[bytes]
      : tag === FLOAT
        ? ({ 4: 'f32', 8: 'f64' } as const)[bytes]
        : undefined;
  if (encoding === undefined) {
    const name = tag === PCM ? 'PCM' : tag === FLOAT ? 'float' : (TAG_NAMES[tag] ?? `format tag 0x${tag.toString(16)}`);
    throw complain('unsupported WAV encoding', {
      expected: 'PCM of 8, 16, 24 or 32 bits, or float of 32 or 64 bits',
      received: `${name}, ${bits} bits`,
      hint: REEXPORT,
    });
  }
  if (frameBytes !== bytes * channels) {
    throw complain('damaged WAV header', {
      expected: `${bytes * channels} bytes a frame (${channels} channels of ${bits} bits)`,
      received: `${frameBytes}`,
      hint: REEXPORT,
    });
  }
  return { encoding, bits, sampleRateHz, channels, frameBytes };
}

/** Sizes that programs writing to a pipe leave behind: nothing yet, the maximum (ffmpeg), or a round number just below 2 GiB (SoX). */
function isUnfinished(sizeBytes: number): boolean {
  return sizeBytes === 0 || sizeBytes === 0xffffffff || sizeBytes === 0x7ffff000;
}

/** Whether well-formed chunks lead from `offset` to the end of the file: then an empty data chunk before them is truly empty. */
async function chunksReachEnd(source: ByteSource, offset: number): Promise<boolean> {
  for (let chunks = 0; chunks < MAX_CHUNKS && offset < source.sizeBytes; chunks++) {
    const head = await source.read(offset, 8);
    if (head.length < 8 || !/^[\x20-\x7e]{4}$/.test(head.toString('latin1', 0, 4))) return false;
    offset += 8 + head.readUInt32LE(4);
    offset += offset % 2;
  }
  return offset === source.sizeBytes || offset === source.sizeBytes + 1;
}

/**
 * Reads the chunks of a RIFF, RF64 or BW64 file up to its samples; unknown chunks are skipped. A data chunk whose size was never
 * filled in (a recording written to a pipe) reaches to the end of the file.
 * Sources: "Multimedia Programming Interface and Data Specifications 1.0" (RIFF), EBU Tech 3306 (RF64), ITU-R BS.2088 (BW64).
 *
 * @throws {DataError} a damaged header, an encoding other than PCM or float, or fewer bytes than the data chunk promises.
 */
export async function readWavHeader(source: ByteSource): Promise<WavHeader> {
  const { complain, sizeBytes } = source;
  let offset = 12;
  let format: Format | undefined;
  let dataSize64: number | undefined;
  for (let chunks = 0; chunks < MAX_CHUNKS; chunks++) {
    const head = await source.read(offset, 8);
    if (head.length < 8) break;
    const id = head.toString('latin1', 0, 4);
    const size = head.readUInt32LE(4);
    offset += 8;
    if (id === 'ds64') {
      const sizes = await source.read(offset, 16);
      if (sizes.length === 16) dataSize64 = Number(sizes.readBigUInt64LE(8));
    } else if (id === 'fmt ') {
      const chunk = await source.read(offset, Math.min(size, 64));
      if (chunk.length < Math.min(size, 64)) break;
      format = parseFormat(chunk, source);
    } else if (id === 'data') {
      if (format === undefined) {
        throw complain('damaged WAV header', {
          expected: 'a fmt chunk before the data chunk',
          received: 'none',
          hint: REEXPORT,
        });
      }
      const left = sizeBytes - offset;
      let promised = size === 0xffffffff && dataSize64 !== undefined ? dataSize64 : size;
      if (isUnfinished(promised) && promised !== left && !(promised === 0 && (await chunksReachEnd(source, offset))))
        promised = left;
      if (promised > left) {
        throw complain('truncated WAV file', {
          expected: `${promised} bytes of samples`,
          received: `${left}`,
          hint: FETCH_AGAIN,
        });
      }
      return { ...format, dataOffset: offset, samples: Math.floor(promised / format.frameBytes) };
    }
    offset += size + (size % 2);
  }
  throw complain('truncated WAV file', {
    expected: format === undefined ? 'a fmt chunk and a data chunk' : 'a data chunk',
    received: `the end of the file (${sizeBytes} bytes)`,
    hint: FETCH_AGAIN,
  });
}
