import { EMBEDDING_SIZE, type EmbeddedSegment } from '@asc/data';

/**
 * A segment as a record of the released TFRecord files: a SequenceExample (tensorflow/core/example/example.proto) between its
 * length and checksums (tensorflow/core/lib/io/record_writer.h).
 */
export function encodeSegment({ id, startSeconds, endSeconds, labels, frames }: EmbeddedSegment): Buffer {
  const context = [
    mapEntry('video_id', list(1, [message(1, Buffer.from(id))])),
    mapEntry('start_time_seconds', list(2, [message(1, float(startSeconds))])),
    mapEntry('end_time_seconds', list(2, [message(1, float(endSeconds))])),
    mapEntry('labels', list(3, [message(1, Buffer.concat(labels.map(varint)))])),
  ];
  const rows = Array.from({ length: frames.length / EMBEDDING_SIZE }, (_, t) =>
    message(1, list(1, [message(1, Buffer.from(frames.subarray(t * EMBEDDING_SIZE, (t + 1) * EMBEDDING_SIZE)))])),
  );
  const lists = mapEntry('audio_embedding', Buffer.concat(rows));
  return record(Buffer.concat([message(1, Buffer.concat(context)), message(2, lists)]));
}

/** A field that holds bytes, a message or a packed list. */
function message(number: number, bytes: Uint8Array): Buffer {
  return Buffer.concat([varint(8 * number + 2), varint(bytes.length), bytes]);
}

/** Feature { bytes_list = 1 | float_list = 2 | int64_list = 3 }. */
function list(kind: number, values: readonly Uint8Array[]): Buffer {
  return message(kind, Buffer.concat(values));
}

/** map<string, message> in field 1: repeated { key = 1, value = 2 }. */
function mapEntry(key: string, value: Uint8Array): Buffer {
  return message(1, Buffer.concat([message(1, Buffer.from(key)), message(2, value)]));
}

function varint(value: number): Buffer {
  const bytes: number[] = [];
  for (let rest = value; ; rest >>>= 7) {
    if (rest < 0x80) return Buffer.from([...bytes, rest]);
    bytes.push((rest & 0x7f) | 0x80);
  }
}

function float(value: number): Buffer {
  const bytes = Buffer.alloc(4);
  bytes.writeFloatLE(value);
  return bytes;
}

function record(payload: Buffer): Buffer {
  const head = Buffer.alloc(12);
  head.writeBigUInt64LE(BigInt(payload.length));
  head.writeUInt32LE(maskedCrc32c(head.subarray(0, 8)), 8);
  const foot = Buffer.alloc(4);
  foot.writeUInt32LE(maskedCrc32c(payload));
  return Buffer.concat([head, payload, foot]);
}

/** CRC-32C (RFC 3720), bit by bit, rotated and shifted as TensorFlow stores it. */
function maskedCrc32c(bytes: Uint8Array): number {
  let crc = 0xffffffff;
  for (const byte of bytes) {
    crc ^= byte;
    for (let bit = 0; bit < 8; bit++) crc = (crc >>> 1) ^ (crc & 1 ? 0x82f63b78 : 0);
  }
  crc = (crc ^ 0xffffffff) >>> 0;
  return (((crc >>> 15) | (crc << 17)) + 0xa282ead8) >>> 0;
}
