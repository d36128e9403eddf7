/** One field of a protobuf message: a number (varint or fixed width) or the bytes of a string, message or packed list. */
export interface ProtobufField {
  readonly number: number;
  /** The value of a varint; of a fixed-width field its bits. */
  readonly value: number;
  /** Present for length-delimited fields. */
  readonly bytes: Uint8Array | undefined;
}

const VARINT = 0;
const FIXED64 = 1;
const BYTES = 2;
const FIXED32 = 5;

/** The fields of a message in their order. @throws RangeError where the bytes are no message. */
export function* protobufFields(message: Uint8Array): Generator<ProtobufField, void, undefined> {
  const view = new DataView(message.buffer, message.byteOffset, message.byteLength);
  const cursor = { at: 0 };
  while (cursor.at < message.length) {
    const key = readVarint(message, cursor);
    const number = Math.floor(key / 8);
    const type = key % 8;
    if (number === 0) throw new RangeError('a field without a number');
    if (type === VARINT) yield { number, value: readVarint(message, cursor), bytes: undefined };
    else if (type === BYTES) {
      const length = readVarint(message, cursor);
      const end = cursor.at + length;
      if (end > message.length) throw new RangeError('a field longer than its message');
      yield { number, value: length, bytes: message.subarray(cursor.at, end) };
      cursor.at = end;
    } else if (type === FIXED32 || type === FIXED64) {
      const size = type === FIXED32 ? 4 : 8;
      if (cursor.at + size > message.length) throw new RangeError('a field longer than its message');
      yield { number, value: view.getUint32(cursor.at, true), bytes: message.subarray(cursor.at, cursor.at + size) };
      cursor.at += size;
    } else throw new RangeError(`wire type ${type}`);
  }
}

/** A varint below 2^53. */
export function readVarint(bytes: Uint8Array, cursor: { at: number }): number {
  let value = 0;
  for (let factor = 1; ; factor *= 128) {
    const byte = bytes[cursor.at++];
    if (byte === undefined) throw new RangeError('a number longer than its message');
    value += (byte & 0x7f) * factor;
    if (byte < 0x80) return value;
    if (factor > 2 ** 42) throw new RangeError('a number above 2^53');
  }
}
