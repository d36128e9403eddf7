import type { DownloadPause } from './fetch-archive.js';
import type { ArchiveState } from './survey-archives.js';

/** How a download stands. */
export interface DownloadProgress {
  readonly archives: { readonly done: number; readonly total: number };
  /** Bytes of archives that are here, were here before, or have been read from a folder. */
  readonly bytes: { readonly done: number; readonly total: number };
  /** Files in place. */
  readonly files: number;
  /** Why an archive waits, where one does. */
  readonly pause?: DownloadPause;
}

/** Adds up what the archives tell. */
export class ProgressCount {
  readonly #bytes = new Map<string, number>();
  readonly #total: DownloadProgress;
  readonly #tell: ((progress: DownloadProgress) => void) | undefined;
  #done = 0;
  #files = 0;

  constructor(states: readonly ArchiveState[], tell: ((progress: DownloadProgress) => void) | undefined) {
    this.#tell = tell;
    let bytes = 0;
    for (const { archive, state, bytes: there, files } of states) {
      bytes += archive.bytes;
      this.#bytes.set(archive.file, state === 'partial' ? there : state === 'absent' ? 0 : archive.bytes);
      if (state === 'unpacked') this.#done += 1;
      this.#files += files;
    }
    this.#total = {
      archives: { done: 0, total: states.length },
      bytes: { done: 0, total: bytes },
      files: 0,
    };
    this.#report();
  }

  get files(): number {
    return this.#files;
  }

  bytes(file: string, bytes: number): void {
    this.#bytes.set(file, bytes);
    this.#report();
  }

  unpacked(files: number): void {
    this.#files += files;
    this.#report();
  }

  finished(): void {
    this.#done += 1;
    this.#report();
  }

  paused(pause: DownloadPause): void {
    this.#report(pause);
  }

  #report(pause?: DownloadPause): void {
    if (this.#tell === undefined) return;
    let bytes = 0;
    for (const each of this.#bytes.values()) bytes += each;
    const { archives, bytes: all } = this.#total;
    this.#tell({
      archives: { done: this.#done, total: archives.total },
      bytes: { done: bytes, total: all.total },
      files: this.#files,
      ...(pause === undefined ? {} : { pause }),
    });
  }
}
