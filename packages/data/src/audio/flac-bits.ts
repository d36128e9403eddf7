/** Thrown where a frame runs past the bytes at hand: more must be read, or the file is cut short. */
export class OutOfBytes extends Error {}

/** Zero bytes kept after the data, so that a 4-byte look-ahead never leaves the array. */
const PADDING_BYTES = 8;

/**
 * Big-endian bit reader over a growing block of bytes. `position` is in bits. Reading past the end yields zero bits;
 * {@link check} and the unary reader raise {@link OutOfBytes}.
 */
export class FlacBits {
  position = 0;
  readonly bytes: Uint8Array;
  readonly endBits: number;

  constructor(data: Uint8Array) {
    this.bytes = new Uint8Array(data.length + PADDING_BYTES);
    this.bytes.set(data);
    this.endBits = data.length * 8;
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

  /** Zigzag-folded Rice codes with parameter `k` into out[start, end). */
  rice(k: number, out: Int32Array, start: number, end: number): void {
    const { bytes } = this;
    for (let i = start; i < end; i++) {
      const position = this.position;
      const at = position >>> 3;
      const used = position & 7;
      if (position >= this.endBits) throw new OutOfBytes();
      const word = ((bytes[at]! << 24) | (bytes[at + 1]! << 16) | (bytes[at + 2]! << 8) | bytes[at + 3]!) << used;
      const zeros = Math.clz32(word);
      let folded: number;
      if (zeros + 1 + k <= 25) {
        folded = k === 0 ? zeros : (zeros << k) | ((word << (zeros + 1)) >>> (32 - k));
        this.position = position + zeros + 1 + k;
      } else {
        folded = this.unary() * 2 ** k + this.unsigned(k);
      }
      out[i] = (folded >>> 1) ^ -(folded & 1);
    }
  }
}
