import { DataError } from '@asc/core';
import { decodeOnnx } from './decode-onnx.js';
import { encodeOnnx } from './encode-onnx.js';
import type { OnnxModel } from './onnx-model.js';

/**
 * Writes `model` to `path`, whole or not at all: a reader never sees half a file. Node only.
 *
 * @throws DataError where the file cannot be written (no folder, no permission, disk full).
 */
export async function writeOnnxFile(path: string, model: OnnxModel): Promise<void> {
  const bytes = encodeOnnx(model);
  // Imported when called, so that the package also loads in a page.
  const { open, rename, rm, stat } = await import('node:fs/promises');
  const found = await stat(path).catch(() => undefined);
  if (found !== undefined && !found.isFile()) {
    // Renaming would put a file in the place of a device: `/dev/null` would be gone.
    throw new DataError({
      what: `Cannot write ${path}.`,
      expected: 'a new file, or one to replace',
      received: found.isDirectory() ? 'a folder' : 'a device, pipe or socket',
      hint: 'Give the path of a file.',
    });
  }
  const temporary = `${path}.${globalThis.crypto.randomUUID()}.tmp`;
  try {
    const file = await open(temporary, 'wx');
    try {
      await file.writeFile(bytes);
      await file.sync();
    } finally {
      await file.close();
    }
    await rename(temporary, path);
  } catch (cause) {
    await rm(temporary, { force: true });
    throw fileError(`Cannot write ${path}.`, cause, 'Check that the folder exists, is writable and has room.');
  }
}

/**
 * Reads the model at `path`. Node only.
 *
 * @throws DataError where the file is missing, unreadable, damaged or uses what {@link decodeOnnx} does not hold.
 */
export async function readOnnxFile(path: string): Promise<OnnxModel> {
  const bytes = await readOnnxBytes(path);
  try {
    return decodeOnnx(bytes);
  } catch (error) {
    if (!(error instanceof DataError)) throw error;
    throw new DataError({ ...error.parts, what: `${path}: ${error.parts.what}` }, { cause: error });
  }
}

/** The bytes of the file at `path`, with an error that names it. */
export async function readOnnxBytes(path: string): Promise<Uint8Array> {
  const { readFile } = await import('node:fs/promises');
  try {
    return await readFile(path);
  } catch (cause) {
    throw fileError(`Cannot read ${path}.`, cause, 'Check the path.');
  }
}

function fileError(what: string, cause: unknown, hint: string): DataError {
  return new DataError({ what, received: cause instanceof Error ? cause.message : String(cause), hint }, { cause });
}
