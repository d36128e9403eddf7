const SMALL_BYTES = 1024;
const INT64_MIN = -(2n ** 63n);
const INT64_MAX = 2n ** 63n - 1n;

/**
 * Writes protobuf messages. Small fields gather in one growing buffer; large byte fields are kept by reference and copied
 * once, by {@link ProtoWriter.finish}. Source: the protobuf encoding specification (proto2 and proto3 share it).
 */
export class ProtoWriter {
  readonly #chunks: Uint8Array[] = [];
  #buffer = new Uint8Array(64);
  #used = 0;
  #flushed = 0;

  /** Bytes written so far. */
  get size(): number {
    return this.#flushed + this.#used;
  }

  /** An int64, int32 or enum field. Values beyond int64 saturate; a fraction is the caller's mistake and throws RangeError. */
  int(field: number, value: number | bigint): void {
    this.#tag(field, 0);
    this.#signed(value);
  }

  /** A fixed32 float field. */
  float(field: number, value: number): void {
    this.#tag(field, 5);
    this.#room(4);
    new DataView(this.#buffer.buffer).setFloat32(this.#used, value, true);
    this.#used += 4;
  }

  string(field: number, value: string): void {
    this.bytes(field, new TextEncoder().encode(value));
  }

  bytes(field: number, value: Uint8Array): void {
    this.#tag(field, 2);
    this.#varint(value.length);
    this.#append(value);
  }

  /** A repeated int64 field, packed. */
  packedInts(field: number, values: Iterable<number | bigint>): void {
    this.message(field, (writer) => {
      for (const value of values) writer.#signed(value);
    });
  }

  /** A nested message, written by `write`. */
  message(field: number, write: (writer: ProtoWriter) => void): void {
    const child = new ProtoWriter();
    write(child);
    this.#tag(field, 2);
    this.#varint(child.size);
    for (const chunk of child.#chunks) this.#append(chunk);
    this.#append(child.#buffer.subarray(0, child.#used));
  }

  /** Everything written, as one array. */
  finish(): Uint8Array {
    const out = new Uint8Array(this.size);
    let at = 0;
    for (const chunk of this.#chunks) {
      out.set(chunk, at);
      at += chunk.length;
    }
    out.set(this.#buffer.subarray(0, this.#used), at);
    return out;
  }

  #tag(field: number, wireType: number): void {
    this.#varint(field * 8 + wireType);
  }

  /** Non-negative safe integers only: arithmetic instead of shifts, which stop at 32 bits. */
  #varint(value: number): void {
    this.#room(10);
    let rest = value;
    while (rest > 127) {
      this.#buffer[this.#used++] = (rest % 128) + 128;
      rest = Math.floor(rest / 128);
    }
    this.#buffer[this.#used++] = rest;
  }

  #signed(value: number | bigint): void {
    if (typeof value === 'number' && value >= 0 && Number.isSafeInteger(value)) {
      this.#varint(value);
      return;
    }
    let exact = BigInt(value);
    if (exact > INT64_MAX) exact = INT64_MAX;
    if (exact < INT64_MIN) exact = INT64_MIN;
    let rest = BigInt.asUintN(64, exact);
    this.#room(10);
    while (rest > 127n) {
      this.#buffer[this.#used++] = Number(rest & 127n) + 128;
      rest >>= 7n;
    }
    this.#buffer[this.#used++] = Number(rest);
  }

  #append(bytes: Uint8Array): void {
    if (bytes.length < SMALL_BYTES) {
      this.#room(bytes.length);
      this.#buffer.set(bytes, this.#used);
      this.#used += bytes.length;
      return;
    }
    if (this.#used > 0) this.#chunks.push(this.#buffer.slice(0, this.#used));
    this.#flushed += this.#used + bytes.length;
    this.#used = 0;
    this.#chunks.push(bytes);
  }

  #room(bytes: number): void {
    if (this.#used + bytes <= this.#buffer.length) return;
    const grown = new Uint8Array(Math.max(this.#buffer.length * 2, this.#used + bytes));
    grown.set(this.#buffer.subarray(0, this.#used));
    this.#buffer = grown;
  }
}
