const FIRST_BYTES = 1 << 16;

/** Big-endian bit writer. What `bytes` gives is borrowed until the next write. */
export class FlacBitWriter {
  #bytes = new Uint8Array(FIRST_BYTES);
  /** Whole bytes stored. */
  #length = 0;
  #word = 0;
  /** Bits of `#word` not used yet, 1 to 32. */
  #free = 32;

  /** The lowest 0 to 32 bits of `value`; those above must be 0 (a negative number is cut by the caller). */
  put(value: number, bits: number): void {
    if (bits < this.#free) {
      this.#free -= bits;
      this.#word |= value << this.#free;
      return;
    }
    const over = bits - this.#free;
    this.#store(this.#word | (value >>> over));
    this.#free = 32 - over;
    this.#word = over === 0 ? 0 : value << this.#free;
  }

  /** Two's complement of 0 to 32 bits. */
  putSigned(value: number, bits: number): void {
    this.put(bits === 32 ? value >>> 0 : value & (2 ** bits - 1), bits);
  }

  /** Zigzag-folded Rice codes of values[start, end) with parameter `k`. */
  putRice(values: Int32Array, start: number, end: number, k: number): void {
    const mark = 2 ** k;
    const mask = mark - 1;
    for (let i = start; i < end; i++) {
      const value = values[i]!;
      const folded = ((value << 1) ^ (value >> 31)) >>> 0;
      let zeros = folded >>> k;
      if (zeros + 1 + k <= 32) {
        this.put((mark | (folded & mask)) >>> 0, zeros + 1 + k);
        continue;
      }
      for (; zeros >= 32; zeros -= 32) this.put(0, 32);
      this.put(0, zeros);
      this.put(1, 1);
      this.put((folded & mask) >>> 0, k);
    }
  }

  /** Zeros up to the next whole byte; then everything written so far. */
  align(): Uint8Array {
    const used = 32 - this.#free;
    const bytes = Math.ceil(used / 8);
    this.#reserve();
    for (let i = 0; i < bytes; i++) this.#bytes[this.#length + i] = this.#word >>> (24 - 8 * i);
    const whole = this.#bytes.subarray(0, this.#length + bytes);
    this.#free = 32 - 8 * bytes;
    if (this.#free === 0) {
      this.#length += 4;
      this.#word = 0;
      this.#free = 32;
    }
    return whole;
  }

  clear(): void {
    this.#length = 0;
    this.#word = 0;
    this.#free = 32;
  }

  #reserve(): void {
    if (this.#length + 8 <= this.#bytes.length) return;
    const larger = new Uint8Array(this.#bytes.length * 2);
    larger.set(this.#bytes);
    this.#bytes = larger;
  }

  #store(word: number): void {
    this.#reserve();
    const at = this.#length;
    this.#bytes[at] = word >>> 24;
    this.#bytes[at + 1] = word >>> 16;
    this.#bytes[at + 2] = word >>> 8;
    this.#bytes[at + 3] = word;
    this.#length = at + 4;
  }
}
