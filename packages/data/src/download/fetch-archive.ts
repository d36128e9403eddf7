import { readFile, rename, rm } from 'node:fs/promises';
import { setTimeout as pause } from 'node:timers/promises';
import { DataError, diskError, syncFolder, writeFileAtomic } from '@asc/core';
import type { DatasetArchive } from '../dataset/catalogue.js';
import { PartFile } from './part-file.js';
import { RangeGone, Refused, requestRest, Unreachable, Unsteady } from './request-rest.js';

/** How patient a download is. */
export interface Patience {
  /** Tries in a row that bring nothing before giving up. */
  readonly tries: number;
  /** The pause after the first; each further one is twice as long, up to half a minute. A server's `Retry-After` goes first. */
  readonly firstPauseMs: number;
  /** A server silent for this long has failed. */
  readonly idleMs: number;
}

export interface FetchOptions extends Patience {
  /** Where the archive is offered, in the order to be tried. */
  readonly urls: readonly string[];
  /** Where it goes, whole and verified. `path.part` is what there is so far. */
  readonly path: string;
  readonly folder: string;
  readonly signal?: AbortSignal | undefined;
  /** Told how many bytes are there, whenever that changes. */
  readonly onBytes: (bytes: number) => void;
  readonly onPause: (pause: DownloadPause) => void;
}

/** Why an archive waits. */
export interface DownloadPause {
  readonly why: string;
  readonly ms: number;
  /** The try that follows, of so many in a row. */
  readonly attempt: number;
  readonly attempts: number;
}

/** None of an archive's servers is there. */
export class NobodyThere extends DataError {
  override readonly name = 'DataError';
}

/** Tries in a row to reach a server that has not answered yet. */
const FIRST_CONTACT_TRIES = 3;

const LONGEST_PAUSE_MS = 30_000;
/** A server that asks for more than this is not waited for. */
const LONGEST_WAIT_MS = 600_000;

/**
 * Fetches an archive to `path`, going on with what is there, until it has the published size and MD5. An archive of the right size
 * and another MD5 is fetched once more from its start.
 *
 * @throws {DataError} the servers refused or failed too often (what came is kept), other bytes twice, or the disk refused.
 */
export async function fetchArchive(archive: DatasetArchive, options: FetchOptions): Promise<void> {
  const { path, folder, signal, onBytes } = options;
  const part = await PartFile.open(`${path}.part`, signal);
  const contact: Contact = { answered: false };
  try {
    // Longer than the published file: it is of something else.
    if (part.bytes > archive.bytes) await part.clear();
    for (let round = 1; ; round++) {
      onBytes(part.bytes);
      await fetchBytes(archive, part, options, contact);
      if (part.md5() === archive.md5) break;
      const received = part.md5();
      await part.clear();
      if (round === 2) {
        throw new DataError({
          what: `${archive.file} came with other bytes than were published, twice.`,
          expected: `MD5 ${archive.md5}`,
          received,
          hint: 'Try another mirror, or fetch it by hand and import it from its folder.',
        });
      }
    }
    await part.sync();
  } finally {
    await part.close();
  }
  await rename(part.path, path).catch((cause: unknown) => {
    throw diskError(path, cause);
  });
  await rm(versionPath(path), { force: true });
  await syncFolder(folder);
}

/** Whether some server has said anything: then one that cannot be reached is worth waiting for. */
interface Contact {
  answered: boolean;
}

/** Fetches until the part has the published size. */
async function fetchBytes(
  archive: DatasetArchive,
  part: PartFile,
  options: FetchOptions,
  contact: Contact,
): Promise<void> {
  const { tries, signal, onPause } = options;
  const urls = [...options.urls];
  let furthest = part.bytes;
  let inVain = 0;
  while (part.bytes < archive.bytes) {
    const url = urls[0];
    try {
      if (url === undefined) throw new Refused('no address to fetch it from');
      await fetchSome(url, archive, part, options);
      if (part.bytes < archive.bytes) throw new Unsteady(`an end after ${part.bytes} of ${archive.bytes} bytes`);
    } catch (error) {
      if (error instanceof Refused) {
        if (urls.length <= 1) throw notFetched(archive, error.message);
        urls.shift();
        continue;
      }
      if (!(error instanceof Unsteady)) throw error;
      if (error instanceof RangeGone) await part.clear();
      inVain = part.bytes > furthest ? 0 : inVain + 1;
      furthest = Math.max(furthest, part.bytes);
      // The next mirror may do better.
      if (urls.length > 1) urls.push(...urls.splice(0, 1));
      const { message, waitMs } = error;
      const unreachable = error instanceof Unreachable;
      contact.answered ||= !unreachable;
      // Every mirror gets its tries.
      const attempts = contact.answered ? tries : Math.min(tries, FIRST_CONTACT_TRIES * options.urls.length);
      if (inVain >= attempts) throw notFetched(archive, message, unreachable);
      const ms = waitMs ?? Math.min(LONGEST_PAUSE_MS, options.firstPauseMs * 2 ** Math.max(0, inVain - 1));
      if (ms > LONGEST_WAIT_MS)
        throw notFetched(archive, `${message} and asks to wait ${Math.round(ms / 60_000)} minutes`);
      onPause({ why: `${archive.file}: ${message}`, ms, attempt: inVain + 1, attempts });
      await pause(ms, undefined, signal === undefined ? {} : { signal }).catch((cause: unknown) => {
        signal?.throwIfAborted();
        throw cause;
      });
    }
  }
}

async function fetchSome(url: string, archive: DatasetArchive, part: PartFile, options: FetchOptions): Promise<void> {
  const { path, idleMs, signal, onBytes } = options;
  const known = part.bytes > 0 ? await readVersion(path) : undefined;
  const version = known?.url === url ? known.version : undefined;
  const rest = await requestRest({ url, have: part.bytes, version, bytes: archive.bytes, idleMs, signal });
  if (rest.start < part.bytes) await part.clear();
  if (part.bytes === 0) await writeVersion(path, url, rest.version);
  for await (const chunk of rest.chunks) {
    await part.append(chunk);
    onBytes(part.bytes);
  }
}

function notFetched(archive: DatasetArchive, received: string, unreachable = false): DataError {
  const kept = 'What came is kept: run again to go on, give a mirror, or import the archive from a folder.';
  return new (unreachable ? NobodyThere : DataError)({
    what: `${archive.file} could not be fetched.`,
    expected: `${archive.bytes} bytes from ${archive.url}`,
    received,
    hint: unreachable ? `Check the address and the network. ${kept}` : kept,
  });
}

interface Version {
  readonly url: string;
  readonly version: string;
}

/** What a server calls the file whose beginning is there. */
function versionPath(path: string): string {
  return `${path}.part.json`;
}

async function readVersion(path: string): Promise<Version | undefined> {
  try {
    return JSON.parse(await readFile(versionPath(path), 'utf8')) as Version;
  } catch {
    // Without it the range is asked for unconditionally; the MD5 tells whether the halves belong together.
    return undefined;
  }
}

async function writeVersion(path: string, url: string, version: string | undefined): Promise<void> {
  if (version === undefined) await rm(versionPath(path), { force: true });
  else await writeFileAtomic(versionPath(path), JSON.stringify({ url, version }));
}
