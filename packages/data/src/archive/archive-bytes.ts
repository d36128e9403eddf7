import type { FileHandle } from 'node:fs/promises';
import { DataError } from '@asc/core';

/** Makes the error that names an archive. */
export type ArchiveComplaint = (received: string, expected?: string) => DataError;

/** What is said of the archive at `path` where it is not as it should be. */
export function complainAboutArchive(path: string): ArchiveComplaint {
  return (received, expected = 'a whole ZIP archive of plain files') =>
    new DataError({ what: `${path} cannot be unpacked.`, expected, received, hint: 'Fetch the archive again.' });
}

/** Exactly `length` bytes from `offset` on. @throws {DataError} the archive ends before. */
export async function readExactly(
  file: FileHandle,
  offset: number,
  length: number,
  complain: ArchiveComplaint,
): Promise<Buffer> {
  const bytes = Buffer.allocUnsafe(length);
  let filled = 0;
  while (filled < length) {
    const { bytesRead } = await file.read(bytes, filled, length - filled, offset + filled);
    if (bytesRead === 0) throw complain('an archive that is cut short');
    filled += bytesRead;
  }
  return bytes;
}
