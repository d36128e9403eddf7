import { DataError } from '@asc/core';

/**
 * Reads one protobuf message field by field: `while (reader.next()) switch (reader.field) …`. Fields the caller leaves
 * unread are skipped. Every read is bounded by the message; damage raises {@link DataError} with the byte offset.
 */
export class ProtoReader {
  field = 0;
  readonly #bytes: Uint8Array;
  readonly #end: number;
  #at: number;
  #wireType = 0;
  #pending = false;

  constructor(bytes: Uint8Array, start = 0, end = bytes.length) {
    this.#bytes = bytes;
    this.#at = start;
    this.#end = end;
  }

  /** Moves to the next field; false at the end of the message. */
  next(): boolean {
    if (this.#pending) this.#skip();
    if (this.#at >= this.#end) return false;
    const tag = this.#varint();
    this.field = Math.floor(tag / 8);
    this.#wireType = tag % 8;
    if (this.field === 0 || ![0, 1, 2, 5].includes(this.#wireType)) throw this.#damaged(`field tag ${tag}`);
    this.#pending = true;
    return true;
  }

  /** An int64 as a bigint, exact. */
  int64(): bigint {
    this.#expect(0, 'a varint');
    return this.#signed();
  }

  /** An int32, enum or small int64 as a number; beyond ±2^53 it is rounded. */
  int(): number {
    return Number(this.int64());
  }

  float(): number {
    this.#expect(5, 'a 32-bit number');
    return this.#real(4);
  }

  /** The bytes of a length-delimited field: a view, not a copy. */
  bytes(): Uint8Array {
    const [start, end] = this.#delimited();
    return this.#bytes.subarray(start, end);
  }

  string(): string {
    const bytes = this.bytes();
    try {
      return new TextDecoder('utf-8', { fatal: true, ignoreBOM: true }).decode(bytes);
    } catch (cause) {
      throw this.#damaged('text that is not UTF-8', cause);
    }
  }

  message(): ProtoReader {
    const [start, end] = this.#delimited();
    return new ProtoReader(this.#bytes, start, end);
  }

  /** Appends a repeated int64 field, packed or not. */
  int64s(into: bigint[]): void {
    if (this.#wireType === 2) {
      const inner = this.message();
      while (inner.#at < inner.#end) into.push(inner.#signed());
    } else {
      into.push(this.int64());
    }
  }

  /** Appends a repeated float (4 bytes) or double (8 bytes) field, packed or not. */
  reals(into: number[], size: 4 | 8): void {
    if (this.#wireType !== 2) {
      this.#expect(size === 4 ? 5 : 1, `a ${size * 8}-bit number`);
      into.push(this.#real(size));
      return;
    }
    const inner = this.message();
    while (inner.#at < inner.#end) into.push(inner.#real(size));
  }

  #real(size: 4 | 8): number {
    const view = this.#view(size);
    return size === 4 ? view.getFloat32(0, true) : view.getFloat64(0, true);
  }

  #expect(wireType: number, kind: string): void {
    if (this.#wireType !== wireType) throw this.#damaged(`field ${this.field} that is not ${kind}`);
    this.#pending = false;
  }

  #delimited(): [number, number] {
    this.#expect(2, 'length-delimited');
    const length = this.#varint();
    const start = this.#at;
    if (length > this.#end - start)
      throw this.#damaged(`a field of ${length} bytes where ${this.#end - start} are left`);
    this.#at = start + length;
    return [start, this.#at];
  }

  #skip(): void {
    this.#pending = false;
    if (this.#wireType === 0) this.#signed();
    else if (this.#wireType === 1) this.#view(8);
    else if (this.#wireType === 5) this.#view(4);
    else this.#delimited();
  }

  #view(size: number): DataView {
    if (this.#end - this.#at < size) throw this.#damaged('the end inside a number');
    const view = new DataView(this.#bytes.buffer, this.#bytes.byteOffset + this.#at, size);
    this.#at += size;
    return view;
  }

  /** A non-negative varint below 2^53: tags and lengths. */
  #varint(): number {
    let value = 0;
    let scale = 1;
    for (let count = 0; count < 8; count++) {
      const byte = this.#byte();
      value += (byte & 127) * scale;
      if (byte < 128) return value;
      scale *= 128;
    }
    throw this.#damaged('a length beyond 2^53');
  }

  #signed(): bigint {
    // Almost every number is short: stay out of BigInt until the eighth byte.
    let low = 0;
    let scale = 1;
    for (let count = 0; count < 7; count++) {
      const byte = this.#byte();
      low += (byte & 127) * scale;
      if (byte < 128) return BigInt(low);
      scale *= 128;
    }
    let value = BigInt(low);
    for (let shift = 49n; shift < 70n; shift += 7n) {
      const byte = this.#byte();
      value |= BigInt(byte & 127) << shift;
      if (byte < 128) return BigInt.asIntN(64, value);
    }
    throw this.#damaged('a number longer than 10 bytes');
  }

  #byte(): number {
    const byte = this.#at < this.#end ? this.#bytes[this.#at] : undefined;
    if (byte === undefined) throw this.#damaged('the end inside a number');
    this.#at++;
    return byte;
  }

  #damaged(found: string, cause?: unknown): DataError {
    return new DataError(
      {
        what: 'The bytes are not a complete ONNX model.',
        expected: 'a protobuf message',
        received: `${found} at byte ${this.#at}`,
        hint: 'The file is truncated, damaged or of another format: export or download it again.',
      },
      { cause },
    );
  }
}
