import { statfs } from 'node:fs/promises';
import { DataError } from '@asc/core';

/** Unpacked sets take 1.1 to 1.2 times the bytes of their archives; a little more is asked for. */
const GROWTH = 1.25;
const SLACK_BYTES = 1 << 24;

/** Bytes still to come on the disk for an archive of which so many are there. */
export function bytesToCome(archiveBytes: number, state: 'absent' | 'partial' | 'whole', presentBytes: number): number {
  // What was cut off an archive that is being unpacked has become files already.
  return state === 'whole' ? (GROWTH - 1) * presentBytes : GROWTH * archiveBytes - presentBytes;
}

/**
 * Checks that the disk of `folder` has room for so many bytes.
 *
 * @throws {DataError} with both numbers where it has not.
 */
export async function assertRoom(folder: string, bytes: number): Promise<void> {
  const { bavail, blocks, bsize } = await statfs(folder);
  // Some network disks do not say.
  if (blocks === 0) return;
  const free = bavail * bsize;
  if (bytes + SLACK_BYTES <= free) return;
  throw new DataError({
    what: `The disk of ${folder} has too little room.`,
    expected: `about ${inGigabytes(bytes + SLACK_BYTES)} free`,
    received: inGigabytes(free),
    hint: 'Free some space, or choose a folder on another disk.',
  });
}

function inGigabytes(bytes: number): string {
  return `${(bytes / 1e9).toFixed(bytes < 1e9 ? 3 : 1)} GB`;
}
