import { join } from 'node:path';

/** Where a download keeps its things, inside the folder of the set. */
export interface Workplace {
  readonly folder: string;
  /** Held by the process that works here. */
  readonly lock: string;
  /** What is not finished; gone afterwards. */
  readonly unfinished: string;
  /** Lists of the files of every archive that is unpacked; they stay, so that nothing is fetched twice. */
  readonly manifests: string;
  /** An archive that is fetched, whole and verified, or what is left of it while it is unpacked. */
  archive(file: string): string;
  /** The files of an archive that is being unpacked, whose own directory may be cut off by now. */
  directory(file: string): string;
  /** Files on their way out of an archive. */
  scratch(file: string): string;
  manifest(file: string): string;
}

/** The workplace in a set's folder. */
export function workplaceIn(folder: string): Workplace {
  const base = join(folder, '.asc');
  const unfinished = join(base, 'unfinished');
  const manifests = join(base, 'archives');
  return {
    folder: base,
    lock: join(base, 'lock'),
    unfinished,
    manifests,
    archive: (file) => join(unfinished, file),
    directory: (file) => join(unfinished, `${file}.directory.json`),
    scratch: (file) => join(unfinished, `${file}.files`),
    manifest: (file) => join(manifests, `${file}.tsv`),
  };
}
