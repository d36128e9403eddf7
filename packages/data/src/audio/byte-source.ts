import { close, closeSync, open, openSync, read, readSync, stat, statSync, type Stats } from 'node:fs';
import { promisify } from 'node:util';
import { DataError } from '@asc/core';
import type { Complain } from './audio-info.js';

/** A regular file read by position: the only way the audio readers touch the disk. */
export interface ByteSource {
  readonly path: string;
  readonly sizeBytes: number;
  /** The bytes in [offset, offset + length), fewer only where the file ends first. */
  read(offset: number, length: number): Promise<Buffer>;
  /** The bytes from `offset` on into `into`; how many: fewer than it holds only where the file ends first. */
  readInto(offset: number, into: Uint8Array): Promise<number>;
  close(): Promise<void>;
  /** A {@link DataError} that names this file. */
  readonly complain: Complain;
}

/** What headers are read from: one piece, since every look at a file costs a turn of the event loop. */
const HEAD_BYTES = 1 << 12;

const openFile = promisify(open);
const readFile = promisify(read);

/** How a file is got at. */
export interface FileAccess {
  stat(path: string): Promise<Stats>;
  open(path: string): Promise<number>;
  /** Reads up to `length` bytes at `offset` of the file into `into` from `at` on. */
  read(file: number, into: Uint8Array, at: number, length: number, offset: number): Promise<number>;
  close(file: number): Promise<void>;
}

/** Other work goes on while the disk is waited for. Bare descriptors: a FileHandle is heavy for the few reads of a short recording. */
const WAITING: FileAccess = {
  stat: promisify(stat),
  open: (path) => openFile(path, 'r'),
  read: async (file, into, at, length, offset) => (await readFile(file, into, at, length, offset)).bytesRead,
  close: promisify(close),
};

/** Everything else stands still meanwhile: ten times faster over many small reads of a local disk, and leaves no garbage. */
export const BLOCKING: FileAccess = {
  stat: async (path) => statSync(path),
  open: async (path) => openSync(path, 'r'),
  read: async (file, into, at, length, offset) => readSync(file, into, at, length, offset),
  close: async (file) => closeSync(file),
};

const REASONS: Readonly<Record<string, readonly [string, string]>> = {
  ENOENT: ['no such file', 'check the path, and that the download or extraction finished'],
  ENOTDIR: ['no such file', 'a part of the path is a file, not a folder'],
  EACCES: ['permission denied', 'make the file readable for this user'],
  EMFILE: ['too many open files', 'read fewer files at once, or raise the limit with ulimit -n'],
  ELOOP: ['a symbolic link that points at itself', 'replace the link by the file'],
};

function complainAbout(path: string): Complain {
  return (what, { cause, ...parts }) => new DataError({ what: `${path}: ${what}`, ...parts }, { cause });
}

function failedToOpen(path: string, cause: unknown): DataError {
  const { code = String(cause) } = cause as NodeJS.ErrnoException;
  const [what, hint] = REASONS[code] ?? [`cannot be read (${code})`, 'check the path and the disk'];
  return complainAbout(path)(what, { hint, cause });
}

/**
 * Opens a file for positioned reads.
 *
 * @throws {DataError} missing, unreadable, empty, a folder, or anything else that is not a regular file.
 */
export async function openByteSource(path: string, access: FileAccess = WAITING): Promise<ByteSource> {
  const complain = complainAbout(path);
  // Looking before opening: opening a named pipe would wait for a writer for ever.
  const found = await access.stat(path).catch((cause: unknown) => {
    throw failedToOpen(path, cause);
  });
  if (!found.isFile()) {
    const received = found.isDirectory() ? 'a folder' : 'a pipe, socket or device';
    throw complain('not a file', { expected: 'an audio file', received, hint: 'give the path of one recording' });
  }
  if (found.size === 0) {
    throw complain('empty file', {
      expected: 'an audio file',
      received: '0 bytes',
      hint: 'fetch or copy the file again',
    });
  }
  const file = await access.open(path).catch((cause: unknown) => {
    throw failedToOpen(path, cause);
  });
  const readInto = async (offset: number, into: Uint8Array): Promise<number> => {
    let filled = 0;
    while (filled < into.length) {
      const bytesRead = await access
        .read(file, into, filled, into.length - filled, offset + filled)
        .catch((cause: unknown) => {
          throw failedToOpen(path, cause);
        });
      if (bytesRead === 0) break;
      filled += bytesRead;
    }
    return filled;
  };
  const readAt = async (offset: number, length: number): Promise<Buffer> => {
    const bytes = Buffer.allocUnsafe(length);
    return bytes.subarray(0, await readInto(offset, bytes));
  };
  let head: Buffer | undefined;
  return {
    path,
    sizeBytes: found.size,
    complain,
    async read(offset, length) {
      const wanted = Math.max(0, Math.min(length, found.size - offset));
      if (offset + wanted > HEAD_BYTES) return readAt(offset, wanted);
      head ??= await readAt(0, Math.min(HEAD_BYTES, found.size));
      return head.subarray(offset, offset + wanted);
    },
    readInto,
    close: () => access.close(file),
  };
}

/** Bytes in memory, as if they were the file `path`. */
export function bytesAsSource(path: string, content: Uint8Array): ByteSource {
  const bytes = Buffer.from(content.buffer, content.byteOffset, content.length);
  return {
    path,
    sizeBytes: bytes.length,
    complain: complainAbout(path),
    read: async (offset, length) => bytes.subarray(offset, offset + length),
    readInto: async (offset, into) => bytes.copy(into, 0, offset, offset + into.length),
    close: async () => undefined,
  };
}
