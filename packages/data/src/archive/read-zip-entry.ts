import type { FileHandle } from 'node:fs/promises';
import { promisify } from 'node:util';
import { crc32, inflateRaw } from 'node:zlib';
import { complainAboutArchive, readExactly } from './archive-bytes.js';
import type { ZipEntry } from './zip-directory.js';

const LOCAL_HEADER_BYTES = 30;
const inflate = promisify(inflateRaw);

/**
 * The bytes of one file of an archive, unpacked, of the size and checksum that the directory gives.
 *
 * @throws {DataError} damaged.
 */
export async function readZipEntry(file: FileHandle, archive: string, entry: ZipEntry): Promise<Buffer> {
  const complain = complainAboutArchive(archive);
  const header = await readExactly(file, entry.offset, LOCAL_HEADER_BYTES, complain);
  if (header.readUInt32LE(0) !== 0x04034b50) throw complain(`no file where ${entry.path} should be`);
  const start = entry.offset + LOCAL_HEADER_BYTES + header.readUInt16LE(26) + header.readUInt16LE(28);
  if (start + entry.packedBytes > entry.end) throw complain(`${entry.path} reaching into what follows it`);
  const packed = await readExactly(file, start, entry.packedBytes, complain);
  const bytes = entry.method === 'stored' ? packed : await unpack(packed, entry, complain);
  if (bytes.length !== entry.bytes || crc32(bytes) !== entry.crc32) throw complain(`other content of ${entry.path}`);
  return bytes;
}

async function unpack(
  packed: Buffer,
  { path, bytes }: ZipEntry,
  complain: ReturnType<typeof complainAboutArchive>,
): Promise<Buffer> {
  try {
    // Stops at the size the directory gives, whatever the packed bytes say.
    return await inflate(packed, { maxOutputLength: Math.max(1, bytes) });
  } catch {
    throw complain(`damaged content of ${path}`);
  }
}
