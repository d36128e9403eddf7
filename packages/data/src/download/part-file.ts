import { diskError } from '@asc/core';
import { createHash, type Hash } from 'node:crypto';
import { createReadStream } from 'node:fs';
import { type FileHandle, open, rm } from 'node:fs/promises';

/** A file that grows to the end, with the MD5 of what it holds so far. */
export class PartFile {
  readonly path: string;
  readonly #file: FileHandle;
  #hash: Hash;
  #bytes: number;

  private constructor(path: string, file: FileHandle, hash: Hash, bytes: number) {
    this.path = path;
    this.#file = file;
    this.#hash = hash;
    this.#bytes = bytes;
  }

  /** Opens the file, empty where there is none, and reads what it holds. @throws {DataError} the disk refused. */
  static async open(path: string, signal?: AbortSignal): Promise<PartFile> {
    let file: FileHandle | undefined;
    try {
      // Neither `a`, which cannot write elsewhere, nor `w`, which empties it.
      file = await open(path, 'r+').catch(async (error: NodeJS.ErrnoException) => {
        if (error.code === 'ENOENT') return open(path, 'wx+');
        throw error;
      });
      const { hash, bytes } = await md5OfFile(path, signal);
      return new PartFile(path, file, hash, bytes);
    } catch (cause) {
      await file?.close();
      signal?.throwIfAborted();
      throw diskError(path, cause);
    }
  }

  get bytes(): number {
    return this.#bytes;
  }

  md5(): string {
    return this.#hash.copy().digest('hex');
  }

  /** @throws {DataError} the disk refused; what was appended before stays. */
  async append(chunk: Uint8Array): Promise<void> {
    try {
      for (let done = 0; done < chunk.length;) {
        const { bytesWritten } = await this.#file.write(chunk, done, chunk.length - done, this.#bytes);
        this.#hash.update(chunk.subarray(done, done + bytesWritten));
        this.#bytes += bytesWritten;
        done += bytesWritten;
      }
    } catch (cause) {
      throw diskError(this.path, cause);
    }
  }

  /** Starts over. */
  async clear(): Promise<void> {
    await this.#file.truncate(0);
    this.#hash = createHash('md5');
    this.#bytes = 0;
  }

  async sync(): Promise<void> {
    await this.#file.sync().catch((cause: unknown) => {
      throw diskError(this.path, cause);
    });
  }

  /** An empty file is not kept. */
  async close(): Promise<void> {
    await this.#file.close();
    if (this.#bytes === 0) await rm(this.path, { force: true });
  }
}

/** MD5 and length of a file's bytes. */
export async function md5OfFile(
  path: string,
  signal?: AbortSignal,
): Promise<{ readonly hash: Hash; readonly bytes: number }> {
  const hash = createHash('md5');
  let bytes = 0;
  for await (const chunk of createReadStream(path, { highWaterMark: 1 << 20, signal })) {
    hash.update(chunk as Buffer);
    bytes += (chunk as Buffer).length;
  }
  return { hash, bytes };
}
