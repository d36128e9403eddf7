import type { NdArrays } from '@asc/core';
import { encodeSafetensors } from '@asc/train';
import { mkdtempSync, rmSync } from 'node:fs';
import { writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

/** A folder for this process alone. */
export class ScratchFolder {
  readonly #path = mkdtempSync(join(tmpdir(), 'asc-bench-'));

  /** Arrays as a safetensors file the peers can read: its path. */
  async write(name: string, tensors: NdArrays): Promise<string> {
    return this.writeFile(`${name}.safetensors`, encodeSafetensors({ tensors, metadata: {} }));
  }

  /** Any file: its path. */
  async writeFile(name: string, bytes: Uint8Array): Promise<string> {
    const path = join(this.#path, name);
    await writeFile(path, bytes);
    return path;
  }

  /** Bytes as a file the peers can read: its path. */
  async writeBytes(name: string, bytes: Uint8Array): Promise<string> {
    const path = join(this.#path, name);
    await writeFile(path, bytes);
    return path;
  }

  /** The path of a folder of this name, which nothing has made yet. */
  folder(name: string): string {
    return join(this.#path, name);
  }

  remove(): void {
    rmSync(this.#path, { recursive: true, force: true });
  }
}
