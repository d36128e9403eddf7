import { stat } from 'node:fs/promises';
import { isUnpacked, readManifest } from '../archive/archive-manifest.js';
import type { DatasetArchive } from '../dataset/catalogue.js';
import type { Workplace } from './workplace.js';

/** How far an archive has come: nothing there, some of it, all of it (or what unpacking has left of it), its files in place. */
export interface ArchiveState {
  readonly archive: DatasetArchive;
  readonly state: 'absent' | 'partial' | 'whole' | 'unpacked';
  /** Bytes on the disk of an archive that is not unpacked. */
  readonly bytes: number;
  /** Files of an archive that is unpacked. */
  readonly files: number;
}

/** Looks for every archive of a set, and for the files of those that were unpacked. */
export async function surveyArchives(
  archives: readonly DatasetArchive[],
  folder: string,
  workplace: Workplace,
): Promise<ArchiveState[]> {
  const states: ArchiveState[] = [];
  for (const archive of archives) {
    const manifest = await readManifest(workplace.manifest(archive.file));
    if (manifest !== undefined && (await isUnpacked(folder, manifest))) {
      states.push({ archive, state: 'unpacked', bytes: 0, files: manifest.length });
      continue;
    }
    const path = workplace.archive(archive.file);
    const whole = await sizeOf(path);
    const bytes = whole ?? (await sizeOf(`${path}.part`)) ?? 0;
    states.push({ archive, state: whole !== undefined ? 'whole' : bytes > 0 ? 'partial' : 'absent', bytes, files: 0 });
  }
  return states;
}

async function sizeOf(path: string): Promise<number | undefined> {
  return stat(path).then(
    ({ size }) => size,
    () => undefined,
  );
}
