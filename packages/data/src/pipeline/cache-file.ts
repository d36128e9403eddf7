import { createHash } from 'node:crypto';
import type { CacheEntry } from './array-cache.js';

const MAGIC = 'ASCCACH1';
const DIGEST_BYTES = 32;
const FIXED_BYTES = MAGIC.length + DIGEST_BYTES + 8;

/**
 * An entry as a file: magic (8) · SHA-256 of all that follows (32) · header bytes (u32) · number of floats (u32) · header, JSON of
 * `{ key, meta }` padded with spaces to a multiple of 4 · floats, little-endian.
 */
export function encodeEntry(key: string, entry: CacheEntry): Uint8Array {
  const { data, meta } = entry;
  const json = Buffer.from(JSON.stringify({ key, meta }));
  const headerBytes = Math.ceil(json.length / 4) * 4;
  const out = Buffer.alloc(FIXED_BYTES + headerBytes + data.byteLength, ' ');
  out.write(MAGIC, 0, 'latin1');
  out.writeUInt32LE(headerBytes, FIXED_BYTES - 8);
  out.writeUInt32LE(data.length, FIXED_BYTES - 4);
  json.copy(out, FIXED_BYTES);
  Buffer.from(data.buffer, data.byteOffset, data.byteLength).copy(out, FIXED_BYTES + headerBytes);
  digestOf(out).copy(out, MAGIC.length);
  return out;
}

/** The entry of `key` from a file's bytes; `undefined` where they are cut, damaged or of another key. */
export function decodeEntry(bytes: Buffer, key: string): CacheEntry | undefined {
  if (bytes.length < FIXED_BYTES || bytes.toString('latin1', 0, MAGIC.length) !== MAGIC) return undefined;
  const headerBytes = bytes.readUInt32LE(FIXED_BYTES - 8);
  const length = bytes.readUInt32LE(FIXED_BYTES - 4);
  const dataAt = FIXED_BYTES + headerBytes;
  if (bytes.length !== dataAt + 4 * length) return undefined;
  if (!digestOf(bytes).equals(bytes.subarray(MAGIC.length, MAGIC.length + DIGEST_BYTES))) return undefined;
  const header = JSON.parse(bytes.toString('utf8', FIXED_BYTES, dataAt)) as { key: string; meta: unknown };
  if (header.key !== key) return undefined;
  const data = new Float32Array(length);
  bytes.copy(new Uint8Array(data.buffer), 0, dataAt);
  return { data, meta: header.meta };
}

function digestOf(file: Buffer): Buffer {
  return createHash('sha256')
    .update(file.subarray(MAGIC.length + DIGEST_BYTES))
    .digest();
}
