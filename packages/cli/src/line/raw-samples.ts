import type { Readable } from 'node:stream';

/** Raw samples of one channel, as they come through a pipe: 16 bit integers or 32 bit floats, little-endian. */
export const RAW_FORMATS = ['s16le', 'f32le'] as const;
export type RawFormat = (typeof RAW_FORMATS)[number];

const BYTES = { s16le: 2, f32le: 4 } as const;

/**
 * Samples (S), nominally in [-1, 1], piece by piece as bytes come; a piece may end in the middle of a sample. Aborting closes
 * the source and ends the sound there.
 */
export async function* rawSamples(
  source: Readable,
  format: RawFormat,
  signal: AbortSignal,
): AsyncGenerator<Float32Array, void, undefined> {
  const close = (): void => void source.destroy();
  signal.addEventListener('abort', close, { once: true });
  let rest: Uint8Array = new Uint8Array();
  try {
    if (signal.aborted) return;
    for await (const chunk of source as AsyncIterable<Uint8Array>) {
      const bytes = rest.length === 0 ? chunk : Buffer.concat([rest, chunk]);
      const whole = bytes.length - (bytes.length % BYTES[format]);
      rest = bytes.subarray(whole);
      if (whole > 0) yield decode(bytes.subarray(0, whole), format);
    }
  } catch (error) {
    // Closing it is no fault of the source.
    if (!signal.aborted) throw error;
  } finally {
    signal.removeEventListener('abort', close);
  }
}

function decode(bytes: Uint8Array, format: RawFormat): Float32Array {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  const samples = new Float32Array(bytes.length / BYTES[format]);
  for (let i = 0; i < samples.length; i++) {
    samples[i] = format === 's16le' ? view.getInt16(2 * i, true) / 32_768 : view.getFloat32(4 * i, true);
  }
  return samples;
}
