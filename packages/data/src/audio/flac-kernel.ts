import { assembleModule, wasmApi, type WasmMemory } from '@asc/core/wasm';
import { checksumKernel, checksumTables } from './flac-checksum-kernel.js';
import { heldPredictorKernel, MAX_HELD_ORDER, predictorKernel } from './flac-predictor-kernel.js';
import { riceKernel, RUNS_OUT } from './flac-rice-kernel.js';

type HeldPredictor = (at: number, end: number, coefficients: number, shift: number) => number;

interface Functions {
  rice(position: number, k: number, out: number, end: number, endBits: number, top: number): number;
  predict(at: number, end: number, coefficients: number, order: number, shift: number): void;
  checksum(at: number, end: number): number;
}

const PAGE_BYTES = 65536;
const INT32 = 4;
const MAX_ORDER = 32;
/** Where things lie: checksum tables, coefficients, planes of samples, the window, the window in reverse. */
const TABLES = 0;
const COEFFICIENTS = 4096;
const PLANES = COEFFICIENTS + MAX_ORDER * INT32;
/** Zeros behind the window, so that a look ahead stays inside it. */
const PADDING_BYTES = 16;

/** The instructions of every {@link FlacKernel}. */
export function compileFlacKernel(): object {
  const held = Array.from({ length: MAX_HELD_ORDER }, (_, i) => heldPredictorKernel(i + 1));
  return new (wasmApi().Module)(assembleModule([riceKernel(), predictorKernel(), ...held, checksumKernel(TABLES)]));
}

/** The inner loops of FLAC decoding in WebAssembly, with the bytes they read and the samples they write in its memory. */
export class FlacKernel {
  /** Samples a channel, of the size last arranged for. */
  planes: readonly Int32Array[] = [];
  /** The bytes last loaded, and zeros behind them. */
  bytes = new Uint8Array(0);
  #blockSamples = 0;
  #channels = 0;
  #endBits = 0;
  #windowAt = PLANES;
  #top = 0;
  readonly #memory: WasmMemory;
  readonly #functions: Functions;
  readonly #held: readonly HeldPredictor[];

  /** @param module what {@link compileFlacKernel} gives. */
  constructor(module: object) {
    const { Memory, Instance } = wasmApi();
    this.#memory = new Memory({ initial: 1 });
    const { exports } = new Instance(module, { env: { memory: this.#memory } });
    this.#functions = exports as unknown as Functions;
    this.#held = Array.from({ length: MAX_HELD_ORDER }, (_, i) => exports[`predict${i + 1}`] as HeldPredictor);
    const tables = checksumTables();
    new Uint16Array(this.#memory.buffer, TABLES, tables.length).set(tables);
  }

  /** Makes room for `channels` planes of `blockSamples`; what was loaded before is gone. */
  arrange(channels: number, blockSamples: number): void {
    this.#channels = channels;
    this.#blockSamples = blockSamples;
    this.#windowAt = PLANES + channels * blockSamples * INT32;
    this.window(0);
    this.load(0);
  }

  /** Where up to `bytes` bytes to read may be put; what was there before is gone. {@link load} takes them. */
  window(bytes: number): Uint8Array {
    const room = bytes + PADDING_BYTES;
    this.#top = this.#windowAt + 2 * room;
    const missing = this.#top - this.#memory.buffer.byteLength;
    // Views of a memory that has grown are void.
    if (missing > 0) this.#memory.grow(Math.ceil(missing / PAGE_BYTES));
    this.planes = Array.from({ length: this.#channels }, (_, c) =>
      this.#int32(PLANES + c * this.#blockSamples * INT32, this.#blockSamples),
    );
    this.bytes = new Uint8Array(this.#memory.buffer, this.#windowAt, room);
    return this.bytes.subarray(0, bytes);
  }

  /** Takes the first `bytes` bytes of the {@link window} as the stream. */
  load(bytes: number): void {
    this.bytes.fill(0, bytes);
    const reversed = new Uint8Array(this.#memory.buffer, this.#windowAt + this.bytes.length, this.bytes.length);
    reversed.set(this.bytes);
    reversed.reverse();
    this.#endBits = 8 * bytes;
  }

  /**
   * Decodes Rice codes with parameter `k` from bit `position` on into plane[from, to), a plane of {@link planes}; the position behind
   * them, or `undefined` where the bytes end first.
   */
  rice(position: number, k: number, plane: Int32Array, from: number, to: number): number | undefined {
    const out = plane.byteOffset;
    const behind = this.#functions.rice(position, k, out + INT32 * from, out + INT32 * to, this.#endBits, this.#top);
    return behind === RUNS_OUT ? undefined : behind;
  }

  /** Makes residuals of `plane`, up to `end`, samples: adds floor(Σ c_j·x[i−1−j] / 2^shift) to each but the first. */
  predict(coefficients: readonly number[], shift: number, plane: Int32Array, end: number): void {
    const order = coefficients.length;
    this.#int32(COEFFICIENTS, order).set(coefficients);
    const out = plane.byteOffset;
    const stop = out + INT32 * end;
    const at = this.#held[order - 1]?.(out + INT32 * order, stop, COEFFICIENTS, shift) ?? out + INT32 * order;
    this.#functions.predict(at, stop, COEFFICIENTS, order, shift);
  }

  /** The checksum of bytes[from, to), as frames end in it. */
  checksum(from: number, to: number): number {
    return this.#functions.checksum(this.#windowAt + from, this.#windowAt + to);
  }

  #int32(at: number, length: number): Int32Array {
    return new Int32Array(this.#memory.buffer, at, length);
  }
}
