import { readFileSync } from 'node:fs';
import { DataError } from '@asc/core';

/** An array of a golden file: row-major `data` of `shape`. Integers up to 2⁵³ come as float64. */
export interface GoldenArray {
  readonly shape: readonly number[];
  readonly data: Float32Array | Float64Array | Int32Array;
}

/**
 * Reads a golden file by its ending: `.json` (parsed), `.npy` ({@link GoldenArray}), `.bin` (little-endian float32).
 *
 * The type says what the caller knows the script wrote: `readGolden<{ x: number[] }>(new URL('…/x.json', import.meta.url))`.
 * @throws DataError for another ending or a damaged file.
 */
export function readGolden<T>(url: URL): T {
  const bytes = readFileSync(url);
  const path = url.pathname;
  if (path.endsWith('.json')) return JSON.parse(bytes.toString('utf8')) as T;
  if (path.endsWith('.bin')) return new Float32Array(aligned(bytes)) as T;
  if (path.endsWith('.npy')) return parseNpy(bytes, path) as T;
  throw new DataError({ what: `Cannot read golden file ${path}.`, expected: 'a name ending in .json, .npy or .bin' });
}

function parseNpy(bytes: Buffer, path: string): GoldenArray {
  if (bytes.length < 12 || bytes.toString('latin1', 1, 6) !== 'NUMPY') {
    throw new DataError({ what: `${path} is not a NumPy file.`, expected: 'the magic bytes \\x93NUMPY' });
  }
  const start = bytes[6] === 1 ? 10 : 12;
  const size = bytes[6] === 1 ? bytes.readUInt16LE(8) : bytes.readUInt32LE(8);
  const header = bytes.toString('latin1', start, start + size);
  const descr = /'descr': *'([^']+)'/.exec(header)?.[1] ?? '';
  const shape = (/'shape': *\(([^)]*)\)/.exec(header)?.[1] ?? '').split(',').filter((part) => part.trim() !== '');
  const buffer = aligned(bytes.subarray(start + size));
  if (/'fortran_order': *True/.test(header)) {
    throw new DataError({ what: `${path} is in Fortran order.`, hint: 'Save np.ascontiguousarray(x).' });
  }
  return { shape: shape.map(Number), data: numbers(buffer, descr, path) };
}

function numbers(buffer: ArrayBuffer, descr: string, path: string): GoldenArray['data'] {
  switch (descr) {
    case '<f4':
      return new Float32Array(buffer);
    case '<f8':
      return new Float64Array(buffer);
    case '<i4':
      return new Int32Array(buffer);
    case '<i8':
      return Float64Array.from(new BigInt64Array(buffer), Number);
    default:
      throw new DataError({
        what: `${path} holds elements this reader does not know.`,
        expected: '<f4, <f8, <i4 or <i8',
        received: descr,
      });
  }
}

/** A copy that starts on a boundary typed arrays accept. */
function aligned(bytes: Uint8Array): ArrayBuffer {
  const copy = new ArrayBuffer(bytes.byteLength);
  new Uint8Array(copy).set(bytes);
  return copy;
}
