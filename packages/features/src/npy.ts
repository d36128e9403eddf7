import { DataError, UsageError, type FeatureMap, type NdArray } from '@asc/core';

const MAGIC = [0x93, 0x4e, 0x55, 0x4d, 0x50, 0x59] as const;
/** Header and magic together are padded to this many bytes, as numpy does for aligned memory maps. */
const ALIGNMENT = 64;

/**
 * Float32 numbers as the bytes of a `.npy` file: format 1.0, little-endian, C order.
 * Format: https://numpy.org/doc/stable/reference/generated/numpy.lib.format.html
 *
 * @throws UsageError where `shape` does not hold `data.length` numbers.
 */
export function encodeNpy(data: Float32Array, shape: readonly number[]): Uint8Array {
  const size = shape.reduce((product, length) => product * length, 1);
  if (size !== data.length || !shape.every((length) => Number.isInteger(length) && length >= 0)) {
    throw new UsageError({
      what: 'The shape does not hold the data.',
      expected: `dimensions whose product is ${data.length}`,
      received: `[${shape.join(', ')}]`,
    });
  }
  const tuple = shape.length === 1 ? `${shape[0]},` : shape.join(', ');
  const dictionary = `{'descr': '<f4', 'fortran_order': False, 'shape': (${tuple}), }`;
  const headerLength = Math.ceil((10 + dictionary.length + 1) / ALIGNMENT) * ALIGNMENT - 10;
  const header = `${dictionary.padEnd(headerLength - 1)}\n`;
  const bytes = new Uint8Array(10 + headerLength + 4 * data.length);
  const view = new DataView(bytes.buffer);
  bytes.set(MAGIC);
  view.setUint8(6, 1);
  view.setUint16(8, headerLength, true);
  bytes.set(new TextEncoder().encode(header), 10);
  for (let i = 0; i < data.length; i += 1) view.setFloat32(10 + headerLength + 4 * i, data[i]!, true);
  return bytes;
}

/** A feature map as a `.npy` file of shape (F, T, C). */
export function featureMapToNpy(map: FeatureMap): Uint8Array {
  return encodeNpy(map.data, [map.bands, map.frames, map.channels]);
}

function damaged(expected: string, received: string): DataError {
  return new DataError({
    what: 'Not a .npy file this reader knows.',
    expected,
    received,
    hint: 'Write it with numpy.save(path, array.astype("float32")).',
  });
}

/**
 * Reads the bytes of a `.npy` file: float32 or float64 (rounded to float32), little-endian, C order, formats 1.0 to 3.0.
 *
 * @throws DataError where the bytes are something else or are cut short.
 */
export function decodeNpy(bytes: Uint8Array): NdArray & { readonly data: Float32Array } {
  if (bytes.length < 12 || !MAGIC.every((byte, i) => bytes[i] === byte)) {
    throw damaged('the magic bytes \\x93NUMPY', `${bytes.length} bytes that start otherwise`);
  }
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  const wide = view.getUint8(6) > 1;
  const start = wide ? 12 : 10;
  const dataStart = start + (wide ? view.getUint32(8, true) : view.getUint16(8, true));
  const header = new TextDecoder().decode(bytes.subarray(start, dataStart));
  const type = /'descr':\s*'([^']*)'/.exec(header)?.[1];
  const dimensions = /'shape':\s*\(([^)]*)\)/.exec(header)?.[1];
  if (dimensions === undefined || (type !== '<f4' && type !== '<f8'))
    throw damaged('float32 or float64', header.trim());
  if (/'fortran_order':\s*True/.test(header)) throw damaged('C order', 'Fortran order');
  const shape = dimensions
    .split(',')
    .filter((part) => part.trim() !== '')
    .map(Number);
  const size = shape.reduce((product, length) => product * length, 1);
  const width = type === '<f4' ? 4 : 8;
  if (!shape.every((length) => Number.isInteger(length) && length >= 0) || bytes.length < dataStart + width * size) {
    throw damaged(`${width * size} bytes of data for shape (${dimensions})`, `${bytes.length - dataStart}`);
  }
  const data = new Float32Array(size);
  for (let i = 0; i < size; i += 1) {
    const at = dataStart + width * i;
    data[i] = width === 4 ? view.getFloat32(at, true) : view.getFloat64(at, true);
  }
  return { dtype: 'float32', shape, data };
}
