import type { FlacKernel } from './flac-kernel.js';

/** Thrown where a frame runs past the bytes at hand: more must be read, or the file is cut short. */
export class OutOfBytes extends Error {}

/**
 * Big-endian bit reader over a growing block of bytes. `position` is in bits. Reading past the end yields zero bits;
 * {@link check} and the unary reader raise {@link OutOfBytes}.
 */
export class FlacBits {
  position = 0;
  readonly bytes: Uint8Array;
  readonly endBits: number;

  readonly #kernel: FlacKernel;

  /** Bits of the first `bytes` bytes of the kernel's window. */
  constructor(kernel: FlacKernel, bytes: number) {
    kernel.load(bytes);
    this.#kernel = kernel;
    this.bytes = kernel.bytes;
    this.endBits = 8 * bytes;
  }

  check(): void {
    if (this.position > this.endBits) throw new OutOfBytes();
  }

  /** Unsigned integer of 0 to 32 bits. */
  unsigned(bits: number): number {
    if (bits > 24) {
      const high = this.unsigned(bits - 16);
      return high * 65536 + this.unsigned(16);
    }
    if (bits === 0) return 0;
    if (this.position >= this.endBits) throw new OutOfBytes();
    const { bytes, position } = this;
    const at = position >>> 3;
    const word = (bytes[at]! << 24) | (bytes[at + 1]! << 16) | (bytes[at + 2]! << 8) | bytes[at + 3]!;
    this.position = position + bits;
    return (word << (position & 7)) >>> (32 - bits);
  }

  /** Two's complement integer of 0 to 32 bits. */
  signed(bits: number): number {
    if (bits === 0) return 0;
    const value = this.unsigned(bits);
    return value >= 2 ** (bits - 1) ? value - 2 ** bits : value;
  }

  /** Number of 0 bits before the next 1 bit. */
  unary(): number {
    let zeros = 0;
    for (;;) {
      if (this.position >= this.endBits) throw new OutOfBytes();
      const used = this.position & 7;
      const rest = (this.bytes[this.position >>> 3]! << used) & 0xff;
      if (rest !== 0) {
        const run = Math.clz32(rest) - 24;
        this.position += run + 1;
        return zeros + run;
      }
      zeros += 8 - used;
      this.position += 8 - used;
    }
  }

  /** Zigzag-folded Rice codes with parameter `k` into out[start, end), a plane of the kernel. */
  rice(k: number, out: Int32Array, start: number, end: number): void {
    const position = this.#kernel.rice(this.position, k, out, start, end);
    if (position === undefined) throw new OutOfBytes();
    this.position = position;
  }
}
