import type { ByteSource } from './byte-source.js';
import type { IntegerSound } from './flac-encoder.js';
import { readWavHeader } from './wav-header.js';

const MAX_SAMPLES = 2 ** 28;

/**
 * The integers of a whole WAV file of up to 24 bits, a plane a channel; `undefined` for floats, wider integers, more than 8 channels,
 * no samples, or more than 2^28 of them. Unsigned bytes become signed.
 *
 * @throws {DataError} damaged or truncated.
 */
export async function readWavPlanes(source: ByteSource): Promise<IntegerSound | undefined> {
  const { encoding, channels, dataOffset, frameBytes, samples, sampleRateHz } = await readWavHeader(source);
  const width = ({ u8: 1, s16: 2, s24: 3 } as const)[encoding as 'u8'];
  if (width === undefined || channels > 8 || samples === 0 || samples * channels > MAX_SAMPLES) return undefined;
  const bytes = await source.read(dataOffset, samples * frameBytes);
  if (bytes.length < samples * frameBytes) {
    throw source.complain('the file became shorter while it was read', {
      hint: 'wait until it is complete, then read it again',
    });
  }
  const planes = Array.from({ length: channels }, (_, c) => {
    const plane = new Int32Array(samples);
    for (let i = 0, at = c * width; i < samples; i++, at += frameBytes) {
      if (width === 1) plane[i] = bytes[at]! - 128;
      else if (width === 2) plane[i] = ((bytes[at + 1]! << 24) >> 16) | bytes[at]!;
      else plane[i] = ((bytes[at + 2]! << 24) >> 8) | (bytes[at + 1]! << 8) | bytes[at]!;
    }
    return plane;
  });
  return { planes, bits: 8 * width, sampleRateHz };
}
