import { readFile } from 'node:fs/promises';
import { createRequire } from 'node:module';

/** Decodes Layer III frames one after the other; the state of the stream lives in its own WebAssembly memory. */
export interface Mp3FrameDecoder {
  /** Interleaved samples of this frame, or `undefined` where the frame needs earlier ones that were not given. */
  decode(frame: Uint8Array, samples: number): Int16Array | undefined;
}

interface Minimp3 {
  readonly memory: { readonly buffer: ArrayBuffer };
  decoder_init(): void;
  decoder_set_mp3_data_size(bytes: number): void;
  decoder_mp3_data_offset(): number;
  decoder_pcm_data_offset(): number;
  decoder_decode(seconds: number): void;
}

interface WasmGlobal {
  readonly WebAssembly: {
    instantiate(bytes: Uint8Array): Promise<{ readonly instance: { readonly exports: unknown } }>;
  };
}

/** More than any frame and its samples need, so that the memory never grows and views of it stay valid. */
const RESERVED_BYTES = 1 << 16;
/** No frame lasts this long: each call decodes exactly the one frame it is given. */
const LONGER_THAN_A_FRAME_S = 1;
/** Samples a decoder does not write twice in a row: shows whether it wrote anything. */
const UNTOUCHED = [-32768, 32767] as const;

/**
 * A fresh minimp3 (CC0) from the `minimp3-wasm` package (Apache-2.0): 21 kB that import nothing, so a damaged file can at worst
 * trap inside. Frames are fed one at a time, each of exactly the length its header tells: then no input makes it search or wait.
 */
export async function createMp3FrameDecoder(): Promise<Mp3FrameDecoder> {
  const path = createRequire(import.meta.url).resolve('minimp3-wasm/dist/decoder.opt.wasm');
  const { WebAssembly } = globalThis as unknown as WasmGlobal;
  const { instance } = await WebAssembly.instantiate(await readFile(path));
  const wasm = instance.exports as Minimp3;
  wasm.decoder_init();
  wasm.decoder_set_mp3_data_size(RESERVED_BYTES);
  const memory = new Uint8Array(wasm.memory.buffer);
  const dataOffset = wasm.decoder_mp3_data_offset();

  return {
    decode(frame, samples) {
      wasm.decoder_set_mp3_data_size(frame.length);
      memory.set(frame, dataOffset);
      const pcmOffset = wasm.decoder_pcm_data_offset();
      const view = new DataView(memory.buffer, pcmOffset, 2 * samples);
      for (let i = 0; i < 4; i++) view.setInt16(2 * i, UNTOUCHED[i % 2]!, true);
      wasm.decoder_decode(LONGER_THAN_A_FRAME_S);
      const pcm = new Int16Array(memory.buffer.slice(pcmOffset, pcmOffset + 2 * samples));
      const untouched =
        pcm[0] === UNTOUCHED[0] && pcm[1] === UNTOUCHED[1] && pcm[2] === UNTOUCHED[0] && pcm[3] === UNTOUCHED[1];
      return untouched ? undefined : pcm;
    },
  };
}
