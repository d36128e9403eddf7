import type { FileHandle } from 'node:fs/promises';
import { complainAboutArchive, readExactly, type ArchiveComplaint } from './archive-bytes.js';
import { safeEntryPath } from './safe-entry-path.js';

/** A file inside a ZIP archive. */
export interface ZipEntry {
  /** Relative, with `/`, proven to stay below the folder it is unpacked into. */
  readonly path: string;
  /** Bytes of the file itself. */
  readonly bytes: number;
  readonly crc32: number;
  readonly method: 'stored' | 'deflated';
  readonly packedBytes: number;
  /** Where its local header starts. */
  readonly offset: number;
  /** Where the next entry, or the directory, starts: its bytes end before. */
  readonly end: number;
}

const END_RECORD_BYTES = 22;
const MAX_COMMENT_BYTES = 0xffff;
const MAX_DIRECTORY_BYTES = 1 << 29;
const ENTRY_BYTES = 46;
const SYMBOLIC_LINK = 0xa000;
const FILE_TYPE = 0xf000;

/** Up to this ratio, plus some room for small ones, an archive is taken to hold what it should. */
const MAX_GROWTH = 50;
const SMALL_BYTES = 1 << 26;
/** No recording of a published set is near it; it bounds the memory of unpacking. */
const MAX_FILE_BYTES = 2 ** 30;

/**
 * The files of a ZIP archive by its central directory (ZIP64 included), in the order they lie in it; folders are left out.
 * Source: PKWARE's APPNOTE 6.3.10, section 4.3.
 *
 * @throws {DataError} cut or damaged, encrypted, split, a method other than stored and deflated, names that leave the folder, links,
 * files on top of each other, or far more bytes than the archive's own size explains.
 */
export async function readZipDirectory(file: FileHandle, path: string): Promise<ZipEntry[]> {
  const complain = complainAboutArchive(path);
  const { size } = await file.stat();
  const place = await findDirectory(file, size, complain);
  const directory = await readExactly(file, place.offset, place.bytes, complain);
  const entries: ZipEntry[] = [];
  const names = new Set<string>();
  let at = 0;
  for (let i = 0; i < place.entries; i++) {
    if (at + ENTRY_BYTES > directory.length || directory.readUInt32LE(at) !== 0x02014b50) {
      throw complain(`${i} of ${place.entries} entries`);
    }
    const [nameBytes, extraBytes, commentBytes] = [28, 30, 32].map((field) => directory.readUInt16LE(at + field));
    const next = at + ENTRY_BYTES + nameBytes! + extraBytes! + commentBytes!;
    if (next > directory.length) throw complain('a directory that is cut short');
    const entry = readEntry(directory, at, nameBytes!, extraBytes!, complain);
    at = next;
    if (entry === undefined) continue;
    if (names.has(entry.path)) throw complain(`two files named ${entry.path}`);
    names.add(entry.path);
    entries.push({ ...entry, end: 0 });
  }
  return bounded(entries, place.offset, size, complain);
}

interface Place {
  readonly offset: number;
  readonly bytes: number;
  readonly entries: number;
}

async function findDirectory(file: FileHandle, size: number, complain: ArchiveComplaint): Promise<Place> {
  const tailBytes = Math.min(size, END_RECORD_BYTES + MAX_COMMENT_BYTES);
  const tail = await readExactly(file, size - tailBytes, tailBytes, complain);
  let at = tail.length - END_RECORD_BYTES;
  // The record whose comment ends with the file.
  while (at >= 0 && !(tail.readUInt32LE(at) === 0x06054b50 && at + 22 + tail.readUInt16LE(at + 20) === tail.length))
    at--;
  if (at < 0) throw complain('no end of a directory');
  if (tail.readUInt16LE(at + 4) !== 0) throw complain('one part of a split archive');
  const place = {
    entries: tail.readUInt16LE(at + 10),
    bytes: tail.readUInt32LE(at + 12),
    offset: tail.readUInt32LE(at + 16),
  };
  const beyond = place.entries === 0xffff || place.bytes === 0xffffffff || place.offset === 0xffffffff;
  const wide = beyond && at >= 20 && tail.readUInt32LE(at - 20) === 0x07064b50;
  const found = wide ? await readWideRecord(file, safeNumber(tail, at - 12, complain), complain) : place;
  if (found.offset + found.bytes > size || found.bytes > MAX_DIRECTORY_BYTES)
    throw complain('a directory outside of it');
  return found;
}

/** The ZIP64 end record. */
async function readWideRecord(file: FileHandle, offset: number, complain: ArchiveComplaint): Promise<Place> {
  const record = await readExactly(file, offset, 56, complain);
  if (record.readUInt32LE(0) !== 0x06064b50) throw complain('no ZIP64 directory where it should be');
  const [entries, bytes, start] = [32, 40, 48].map((field) => safeNumber(record, field, complain));
  return { entries: entries!, bytes: bytes!, offset: start! };
}

function safeNumber(bytes: Buffer, at: number, complain: ArchiveComplaint): number {
  const value = Number(bytes.readBigUInt64LE(at));
  if (!Number.isSafeInteger(value)) throw complain(`an impossible size, ${value}`);
  return value;
}

/** The entry at `at`; `undefined` for a folder. */
function readEntry(
  directory: Buffer,
  at: number,
  nameBytes: number,
  extraBytes: number,
  complain: ArchiveComplaint,
): Omit<ZipEntry, 'end'> | undefined {
  const flags = directory.readUInt16LE(at + 8);
  const raw = directory.subarray(at + ENTRY_BYTES, at + ENTRY_BYTES + nameBytes);
  const name = raw.toString((flags & 0x800) !== 0 ? 'utf8' : 'latin1');
  const path = safeEntryPath(name);
  if (path === undefined) throw complain(JSON.stringify(name), 'names that stay inside the folder');
  if (name.endsWith('/')) return undefined;
  if ((flags & 0x2041) !== 0) throw complain(`${path}, encrypted`);
  const madeBy = directory[at + 5]!;
  const mode = directory.readUInt32LE(at + 38) >>> 16;
  const plain = (mode & FILE_TYPE) === 0 || (mode & FILE_TYPE) === 0x8000;
  if (madeBy === 3 && !plain) {
    throw complain(`${path}, ${(mode & FILE_TYPE) === SYMBOLIC_LINK ? 'a symbolic link' : 'a device, pipe or socket'}`);
  }
  const method = directory.readUInt16LE(at + 10);
  if (method !== 0 && method !== 8) throw complain(`${path}, packed by method ${method}`, 'stored or deflated files');
  const extra = directory.subarray(at + ENTRY_BYTES + nameBytes, at + ENTRY_BYTES + nameBytes + extraBytes);
  const [bytes, packedBytes, offset] = widened(directory, at, extra, complain);
  if (bytes! > MAX_FILE_BYTES) throw complain(`${path} of ${bytes} bytes`, `files of at most ${MAX_FILE_BYTES} bytes`);
  if (method === 0 && bytes !== packedBytes) throw complain(`${path}, stored with two sizes`);
  return {
    path,
    bytes: bytes!,
    crc32: directory.readUInt32LE(at + 16),
    method: method === 0 ? 'stored' : 'deflated',
    packedBytes: packedBytes!,
    offset: offset!,
  };
}

/** Size, packed size and offset; those that do not fit 32 bits stand in the ZIP64 extra field, in this order. */
function widened(directory: Buffer, at: number, extra: Buffer, complain: ArchiveComplaint): number[] {
  const narrow = [24, 20, 42].map((field) => directory.readUInt32LE(at + field));
  let from = 0;
  while (from + 4 <= extra.length && extra.readUInt16LE(from) !== 1) from += 4 + extra.readUInt16LE(from + 2);
  from += 4;
  return narrow.map((value) => {
    if (value !== 0xffffffff) return value;
    if (from + 8 > extra.length) throw complain('a size that is missing');
    from += 8;
    return safeNumber(extra, from - 8, complain);
  });
}

function bounded(entries: ZipEntry[], directoryOffset: number, size: number, complain: ArchiveComplaint): ZipEntry[] {
  entries.sort((a, b) => a.offset - b.offset);
  let total = 0;
  const placed = entries.map((entry, i) => {
    const end = entries[i + 1]?.offset ?? directoryOffset;
    if (entry.offset + 30 + entry.packedBytes > end) throw complain(`${entry.path} reaching into what follows it`);
    total += entry.bytes;
    return { ...entry, end };
  });
  if (total > MAX_GROWTH * size + SMALL_BYTES) {
    throw complain(`${total} bytes`, `at most ${MAX_GROWTH} times the ${size} bytes of the archive`);
  }
  return placed;
}
