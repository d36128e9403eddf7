import { DataError, writeFileAtomic } from '@asc/core';
import { decodeOnnx } from './decode-onnx.js';
import { encodeOnnx } from './encode-onnx.js';
import type { OnnxModel } from './onnx-model.js';

/**
 * Writes `model` to `path`, whole or not at all: a reader never sees half a file. Node only.
 *
 * @throws DataError where the file cannot be written (no folder, no permission, disk full).
 */
export async function writeOnnxFile(path: string, model: OnnxModel): Promise<void> {
  await writeFileAtomic(path, encodeOnnx(model));
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
    const received = cause instanceof Error ? cause.message : String(cause);
    throw new DataError({ what: `Cannot read ${path}.`, received, hint: 'Check the path.' }, { cause });
  }
}
