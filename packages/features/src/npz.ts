import { DataError, type NdArrays } from '@asc/core';
import { decodeNpy } from './npy.js';

const END_OF_DIRECTORY = 0x06054b50;
const DIRECTORY_ENTRY = 0x02014b50;
const LOCAL_ENTRY = 0x04034b50;
const END_BYTES = 22;
const STORED = 0;
const DEFLATED = 8;
/** What a size says where the real one is in a ZIP64 record. */
const ELSEWHERE = 0xffffffff;

interface Entry {
  readonly name: string;
  readonly method: number;
  readonly packed: number;
  readonly size: number;
  readonly start: number;
}

/**
 * Reads the bytes of an `.npz` file (`numpy.savez` or `savez_compressed`): its arrays by name, without `.npy`. Every array
 * must be one {@link decodeNpy} reads.
 * Format: https://numpy.org/doc/stable/reference/generated/numpy.savez.html, a ZIP archive of `.npy` files.
 *
 * @throws DataError where the bytes are something else, are damaged, or need ZIP64 (4 GiB and more).
 */
export async function decodeNpz(bytes: Uint8Array): Promise<NdArrays> {
  const arrays: [string, NdArrays[string]][] = [];
  for (const entry of readDirectory(bytes)) {
    arrays.push([entry.name.replace(/\.npy$/, ''), decodeNpy(await unpack(bytes, entry))]);
  }
  return Object.fromEntries(arrays);
}

function damaged(expected: string, received: string): DataError {
  return new DataError({
    what: 'Not a .npz file this reader knows.',
    expected,
    received,
    hint: 'Write it with numpy.savez(path, **arrays).',
  });
}

function readDirectory(bytes: Uint8Array): Entry[] {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  let end = bytes.length - END_BYTES;
  // A comment of up to 65,535 bytes may follow.
  while (end >= 0 && end > bytes.length - END_BYTES - 65_536 && view.getUint32(end, true) !== END_OF_DIRECTORY) end--;
  if (end < 0 || view.getUint32(end, true) !== END_OF_DIRECTORY) {
    throw damaged('the end record of a ZIP archive', `${bytes.length} bytes without one`);
  }
  const count = view.getUint16(end + 10, true);
  let at = view.getUint32(end + 16, true);
  return Array.from({ length: count }, () => {
    if (at + 46 > end || view.getUint32(at, true) !== DIRECTORY_ENTRY) {
      throw damaged(`a directory of ${count} files`, `other bytes at ${at}`);
    }
    const nameBytes = view.getUint16(at + 28, true);
    const name = new TextDecoder().decode(bytes.subarray(at + 46, at + 46 + nameBytes));
    const entry: Entry = {
      name,
      method: view.getUint16(at + 10, true),
      packed: view.getUint32(at + 20, true),
      size: view.getUint32(at + 24, true),
      start: view.getUint32(at + 42, true),
    };
    at += 46 + nameBytes + view.getUint16(at + 30, true) + view.getUint16(at + 32, true);
    return entry;
  });
}

async function unpack(bytes: Uint8Array, { name, method, packed, size, start }: Entry): Promise<Uint8Array> {
  if ([packed, size, start].includes(ELSEWHERE)) throw damaged('files under 4 GiB', `"${name}" in ZIP64`);
  if (method !== STORED && method !== DEFLATED) throw damaged('stored or deflated files', `method ${method}`);
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  if (start + 30 > bytes.length || view.getUint32(start, true) !== LOCAL_ENTRY) {
    throw damaged(`"${name}" at byte ${start}`, 'other bytes');
  }
  // The local header has extra fields of its own.
  const from = start + 30 + view.getUint16(start + 26, true) + view.getUint16(start + 28, true);
  if (from + packed > bytes.length) throw damaged(`${packed} bytes of "${name}"`, `${bytes.length - from}`);
  const data = bytes.slice(from, from + packed);
  const plain = method === STORED ? data : await inflate(data, name);
  if (plain.length !== size) throw damaged(`${size} bytes in "${name}"`, `${plain.length}`);
  return plain;
}

async function inflate(data: Uint8Array<ArrayBuffer>, name: string): Promise<Uint8Array> {
  try {
    const plain = new Blob([data]).stream().pipeThrough(new DecompressionStream('deflate-raw'));
    return new Uint8Array(await new Response(plain).arrayBuffer());
  } catch (error) {
    throw damaged(`deflated data in "${name}"`, String(error));
  }
}
