import { createHash } from 'node:crypto';
import { open, stat } from 'node:fs/promises';
import { DataError } from '@asc/core';

const SAMPLE_BYTES = 1 << 13;

/**
 * What a file is known by, wherever it lies: its size, the time of its last change, and a digest of its beginning, middle and end. A
 * file that is moved stays the same one, a file that is changed in place does not.
 *
 * @throws {DataError} it cannot be read.
 */
export async function fileIdentity(path: string): Promise<string> {
  try {
    const { size, mtimeMs } = await stat(path);
    const file = await open(path, 'r');
    try {
      const hash = createHash('sha256');
      const block = Buffer.allocUnsafe(SAMPLE_BYTES);
      for (const at of new Set([0, Math.max(0, (size - SAMPLE_BYTES) >> 1), Math.max(0, size - SAMPLE_BYTES)])) {
        const { bytesRead } = await file.read(block, 0, SAMPLE_BYTES, at);
        hash.update(block.subarray(0, bytesRead));
      }
      return `${size} ${mtimeMs} ${hash.digest('base64url').slice(0, 22)}`;
    } finally {
      await file.close();
    }
  } catch (cause) {
    const { code, message } = cause as NodeJS.ErrnoException;
    throw new DataError(
      { what: `${path}: cannot be read`, received: code ?? message, hint: 'check the path' },
      { cause },
    );
  }
}
