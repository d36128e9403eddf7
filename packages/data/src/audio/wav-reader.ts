import type { AudioReader } from './audio-info.js';
import type { ByteSource } from './byte-source.js';
import { mixInterleaved } from './mix.js';
import { readWavHeader, type WavEncoding } from './wav-header.js';

const BLOCK_BYTES = 1 << 20;

/** Little-endian samples to floats; integers of b bits are divided by 2^(b−1). */
function toFloats(bytes: Buffer, encoding: WavEncoding, out: Float32Array, count: number): void {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  switch (encoding) {
    case 'u8':
      for (let i = 0; i < count; i++) out[i] = (bytes[i]! - 128) / 2 ** 7;
      break;
    case 's16':
      for (let i = 0; i < count; i++) out[i] = view.getInt16(2 * i, true) / 2 ** 15;
      break;
    case 's24':
      for (let i = 0, at = 0; i < count; i++, at += 3) {
        out[i] = ((bytes[at]! << 8) | (bytes[at + 1]! << 16) | (bytes[at + 2]! << 24)) / 2 ** 31;
      }
      break;
    case 's32':
      for (let i = 0; i < count; i++) out[i] = view.getInt32(4 * i, true) / 2 ** 31;
      break;
    case 'f32':
      for (let i = 0; i < count; i++) out[i] = view.getFloat32(4 * i, true);
      break;
    case 'f64':
      for (let i = 0; i < count; i++) out[i] = view.getFloat64(8 * i, true);
      break;
  }
}

/**
 * Opens a WAV file (see {@link readWavHeader} for what is understood). A read touches only the bytes of its range.
 *
 * @throws {DataError} a damaged header, fewer bytes than promised, or (on reading) samples that are not finite numbers.
 */
export async function openWav(source: ByteSource): Promise<AudioReader> {
  const header = await readWavHeader(source);
  const { channels, frameBytes, dataOffset, encoding, bits, sampleRateHz, samples } = header;
  const blockFrames = Math.max(1, Math.floor(BLOCK_BYTES / frameBytes));
  return {
    info: { format: 'wav', sampleRateHz, channels, bits, samples },
    async read(startSamples, lengthSamples, mixes) {
      const outs = mixes.map(() => new Float32Array(lengthSamples));
      // One channel goes straight to where it is wanted.
      const direct = channels === 1 && outs.length === 1 ? outs[0] : undefined;
      const block = direct ?? new Float32Array(Math.min(blockFrames, lengthSamples) * channels);
      for (let done = 0; done < lengthSamples; done += blockFrames) {
        const frames = Math.min(blockFrames, lengthSamples - done);
        const bytes = await source.read(dataOffset + (startSamples + done) * frameBytes, frames * frameBytes);
        if (bytes.length < frames * frameBytes) {
          throw source.complain('the file became shorter while it was read', {
            hint: 'wait until it is complete, then read it again',
          });
        }
        toFloats(bytes, encoding, direct?.subarray(done) ?? block, frames * channels);
        if (direct !== undefined) continue;
        outs.forEach((out, m) => mixInterleaved(block, channels, frames, mixes[m]!, out, done));
      }
      for (const out of encoding === 'f32' || encoding === 'f64' ? outs : []) {
        const bad = out.findIndex((value) => !Number.isFinite(value));
        if (bad >= 0) {
          throw source.complain(`sample ${startSamples + bad} is not a number`, {
            expected: 'finite samples',
            received: String(out[bad]),
            hint: 'the recording is damaged or was processed wrongly: export it again, or leave it out',
          });
        }
      }
      return outs;
    },
  };
}
