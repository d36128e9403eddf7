import { createHash } from 'node:crypto';
import type { CacheDtype, CacheEntry } from './array-cache.js';
import { packHalves, unpackHalves } from './half.js';

const MAGIC = Buffer.from('ASCCACH2');
const DIGEST_BYTES = 32;
const FOOT_BYTES = 4 + MAGIC.length + DIGEST_BYTES;
const NPY_MAGIC = Buffer.from([0x93, 0x4e, 0x55, 0x4d, 0x50, 0x59, 1, 0]);
/** numpy aligns its data so, for memory maps. */
const NPY_ALIGNMENT = 64;

/**
 * An entry as a file that numpy reads: a `.npy` of format 1.0, and behind its numbers, where numpy does not look: JSON of `{ key, meta,
 * shape }` · its bytes (u32) · magic (8) · SHA-256 of all that precedes (32). Little-endian.
 *
 * @throws {DataError} numbers beyond half precision.
 */
export function encodeEntry(key: string, entry: CacheEntry, dtype: CacheDtype): Buffer {
  const { data, meta, shape } = entry;
  const width = dtype === 'float32' ? 4 : 2;
  const dimensions = shape ?? [data.length];
  const header = npyHeader(dimensions, dtype);
  const json = Buffer.from(JSON.stringify({ key, meta, shape }));
  const out = Buffer.alloc(header.length + width * data.length + json.length + FOOT_BYTES);
  header.copy(out);
  const kept = dtype === 'float32' ? data : packHalves(data);
  Buffer.from(kept.buffer, kept.byteOffset, kept.byteLength).copy(out, header.length);
  let at = header.length + width * data.length;
  at += json.copy(out, at);
  at = out.writeUInt32LE(json.length, at);
  at += MAGIC.copy(out, at);
  digestOf(out).copy(out, at);
  return out;
}

/** The entry of `key` from a file's bytes; `undefined` where they are cut, damaged or of another key. */
export function decodeEntry(bytes: Buffer, key: string, dtype: CacheDtype): CacheEntry | undefined {
  const footAt = bytes.length - FOOT_BYTES;
  if (footAt < 0 || !bytes.subarray(footAt + 4, footAt + 4 + MAGIC.length).equals(MAGIC)) return undefined;
  if (!digestOf(bytes).equals(bytes.subarray(-DIGEST_BYTES))) return undefined;
  const jsonAt = footAt - bytes.readUInt32LE(footAt);
  const kept = JSON.parse(bytes.toString('utf8', jsonAt, footAt)) as CacheEntry & { readonly key: string };
  if (kept.key !== key) return undefined;
  const dataAt = NPY_MAGIC.length + 2 + bytes.readUInt16LE(NPY_MAGIC.length);
  const held = dtype === 'float32' ? new Float32Array((jsonAt - dataAt) / 4) : new Uint16Array((jsonAt - dataAt) / 2);
  bytes.copy(new Uint8Array(held.buffer), 0, dataAt, jsonAt);
  const data = held instanceof Uint16Array ? unpackHalves(held) : held;
  return { data, meta: kept.meta, ...(kept.shape === undefined ? {} : { shape: kept.shape }) };
}

function npyHeader(shape: readonly number[], dtype: CacheDtype): Buffer {
  const tuple = shape.length === 1 ? `${shape[0]},` : shape.join(', ');
  const text = `{'descr': '${dtype === 'float32' ? '<f4' : '<f2'}', 'fortran_order': False, 'shape': (${tuple}), }`;
  const bytes = Math.ceil((NPY_MAGIC.length + 2 + text.length + 1) / NPY_ALIGNMENT) * NPY_ALIGNMENT;
  const header = Buffer.alloc(bytes, ' ');
  NPY_MAGIC.copy(header);
  header.writeUInt16LE(bytes - NPY_MAGIC.length - 2, NPY_MAGIC.length);
  header.write(text, NPY_MAGIC.length + 2, 'latin1');
  header[bytes - 1] = 0x0a;
  return header;
}

function digestOf(file: Buffer): Buffer {
  return createHash('sha256').update(file.subarray(0, -DIGEST_BYTES)).digest();
}
