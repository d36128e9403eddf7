import { opendir } from 'node:fs/promises';
import { join, posix } from 'node:path';
import type { SceneDataset } from './scene-dataset.js';

/** Which files of a set are there. */
export interface ClipFiles {
  /** 1 for every clip, by index, whose file is there. */
  readonly present: Uint8Array;
  /** Paths below the root, sorted: files beside the recordings that no table names. Hidden ones are not counted. */
  readonly extra: readonly string[];
}

/**
 * Looks for the files of a set folder by folder: a listing is far cheaper than a look at every missing file, and is read a
 * piece at a time.
 */
export async function findClipFiles(dataset: SceneDataset, signal?: AbortSignal): Promise<ClipFiles> {
  const folders = new Set<string>();
  for (const { id } of dataset.clips) folders.add(posix.dirname(id));
  const present = new Uint8Array(dataset.clips.length);
  const extra: string[] = [];
  for (const folder of folders) {
    const listing = await opendir(join(dataset.root, folder), { bufferSize: 32 }).catch(() => undefined);
    // A folder that is not there has no files: its clips are missing.
    if (listing === undefined) continue;
    for await (const entry of listing) {
      signal?.throwIfAborted();
      if (entry.isDirectory()) continue;
      const id = folder === '.' ? entry.name : `${folder}/${entry.name}`;
      const index = dataset.indexOf(id);
      if (index >= 0) present[index] = 1;
      // The tables of a set may lie beside its recordings.
      else if (!entry.name.startsWith('.') && folder !== '.') extra.push(id);
    }
  }
  return { present, extra: extra.sort() };
}
