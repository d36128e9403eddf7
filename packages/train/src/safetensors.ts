import { DataError, sizeOf, UsageError, type DType, type NdArray, type NdArrays } from '@asc/core';

/** What a safetensors file holds. */
export interface Safetensors {
  readonly tensors: NdArrays;
  /** Free text by name. */
  readonly metadata: Readonly<Record<string, string>>;
}

const CODES = { float32: 'F32', int32: 'I32', bool: 'BOOL' } as const satisfies Record<DType, string>;
/** Bytes of an element, in the order their tensors lie in a file. */
const BYTES = { I64: 8, F32: 4, I32: 4, BOOL: 1 } as const;
const ORDER = Object.keys(BYTES);
const ALIGNMENT = 8;
const MAX_HEADER_BYTES = 100_000_000;

type Code = keyof typeof BYTES;

/**
 * Tensors as the bytes of a safetensors file, larger element types first, so that every tensor lies aligned; the same
 * bytes as the Python package writes.
 *
 * Format: 8 bytes of header length, a JSON header padded with spaces, the data end to end, little-endian.
 * Source: github.com/huggingface/safetensors.
 *
 * @throws UsageError for a tensor named `__metadata__`.
 */
export function encodeSafetensors({ tensors, metadata }: Safetensors): Uint8Array {
  if (Object.hasOwn(tensors, '__metadata__')) {
    throw new UsageError({ what: 'A tensor cannot be named "__metadata__": the format keeps that name for itself.' });
  }
  const entries = Object.entries(tensors)
    .map(([name, array]) => ({ name, array, code: CODES[array.dtype] }))
    .sort((a, b) => ORDER.indexOf(a.code) - ORDER.indexOf(b.code) || (a.name < b.name ? -1 : 1));
  const header: [string, unknown][] = [];
  if (Object.keys(metadata).length > 0) header.push(['__metadata__', metadata]);
  let end = 0;
  for (const { name, array, code } of entries) {
    const begin = end;
    end += array.data.byteLength;
    header.push([name, { dtype: code, shape: array.shape, data_offsets: [begin, end] }]);
  }
  // `Object.fromEntries` makes own properties of any name, `__proto__` included.
  const json = new TextEncoder().encode(JSON.stringify(Object.fromEntries(header)));
  const headerBytes = Math.ceil(json.length / ALIGNMENT) * ALIGNMENT;
  const file = new Uint8Array(8 + headerBytes + end).fill(0x20, 8, 8 + headerBytes);
  new DataView(file.buffer).setBigUint64(0, BigInt(headerBytes), true);
  file.set(json, 8);
  let at = 8 + headerBytes;
  for (const { array } of entries) {
    const { buffer, byteOffset, byteLength } = array.data;
    file.set(new Uint8Array(buffer, byteOffset, byteLength), at);
    at += byteLength;
  }
  return file;
}

/**
 * Reads a safetensors file of F32, I32, I64 and BOOL tensors; I64 (the counters of PyTorch's norms) becomes int32. The arrays
 * are copies.
 *
 * @throws DataError, naming `file`, when it is truncated, damaged, holds another element type or an I64 that int32 cannot hold.
 */
export function decodeSafetensors(bytes: Uint8Array, file: string): Safetensors {
  const refuse = (expected: string, received: string): never => {
    throw new DataError({ what: `${file} is not a readable safetensors file.`, expected, received });
  };
  if (bytes.length < 8) return refuse('at least 8 bytes', `${bytes.length}`);
  // A node Buffer is a Uint8Array whose slice() shares memory: look through a plain one.
  const plain = new Uint8Array(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  const headerBytes = Number(view.getBigUint64(0, true));
  if (headerBytes > Math.min(MAX_HEADER_BYTES, bytes.length - 8)) {
    return refuse(`a header within the ${bytes.length} bytes of the file`, `a header of ${headerBytes} bytes`);
  }
  const header = readHeader(plain.subarray(8, 8 + headerBytes)) ?? refuse('a JSON header', 'other bytes');
  const data = plain.subarray(8 + headerBytes);
  const metadata: Record<string, string> = {};
  const tensors: [string, NdArray][] = [];
  const spans: [begin: number, end: number][] = [];
  for (const [name, entry] of Object.entries(header)) {
    if (name === '__metadata__') {
      for (const [key, text] of Object.entries(entry as Record<string, unknown>)) metadata[key] = String(text);
      continue;
    }
    const read =
      readEntry(entry) ?? refuse(`tensor "${name}" with a dtype, a shape and offsets`, JSON.stringify(entry));
    const { dtype, shape, begin, end } = read;
    if (!Object.hasOwn(BYTES, dtype)) return refuse(`tensor "${name}" of type F32, I32, I64 or BOOL`, dtype);
    const size = sizeOf(shape) * BYTES[dtype as Code];
    if (end - begin !== size) return refuse(`${size} bytes for tensor "${name}"`, `${end - begin}`);
    if (end > data.length) return refuse(`${end} bytes of data`, `${data.length}: the file is truncated`);
    spans.push([begin, end]);
    const array = toArray(dtype as Code, shape, data.slice(begin, end));
    tensors.push([name, array ?? refuse(`tensor "${name}" of numbers that int32 can hold`, 'larger ones')]);
  }
  let covered = 0;
  for (const [begin, end] of spans.sort((a, b) => a[0] - b[0] || a[1] - b[1])) {
    if (begin !== covered) return refuse('tensors end to end', `a hole or overlap at byte ${covered} of the data`);
    covered = end;
  }
  if (covered !== data.length) return refuse(`${covered} bytes of data`, `${data.length}`);
  return { tensors: Object.fromEntries(tensors), metadata };
}

function readHeader(bytes: Uint8Array): Record<string, unknown> | undefined {
  try {
    const header: unknown = JSON.parse(new TextDecoder('utf-8', { fatal: true }).decode(bytes));
    const isRecord = (value: unknown) => typeof value === 'object' && value !== null && !Array.isArray(value);
    if (!isRecord(header) || !Object.values(header as object).every(isRecord)) return undefined;
    return header as Record<string, unknown>;
  } catch {
    return undefined;
  }
}

function readEntry(
  entry: unknown,
): { dtype: string; shape: readonly number[]; begin: number; end: number } | undefined {
  const { dtype, shape, data_offsets: offsets } = entry as Record<string, unknown>;
  const isSize = (value: unknown) => Number.isSafeInteger(value) && (value as number) >= 0;
  if (typeof dtype !== 'string' || !Array.isArray(shape) || !shape.every(isSize)) return undefined;
  if (!Array.isArray(offsets) || offsets.length !== 2 || !offsets.every(isSize)) return undefined;
  const [begin, end] = offsets as [number, number];
  return { dtype, shape: shape as number[], begin, end };
}

function toArray(code: Code, shape: readonly number[], bytes: Uint8Array): NdArray | undefined {
  switch (code) {
    case 'I64': {
      const wide = new BigInt64Array(bytes.buffer);
      const narrow = Int32Array.from(wide, Number);
      return wide.some((value, i) => BigInt(narrow[i]!) !== value)
        ? undefined
        : { dtype: 'int32', shape, data: narrow };
    }
    case 'F32':
      return { dtype: 'float32', shape, data: new Float32Array(bytes.buffer) };
    case 'I32':
      return { dtype: 'int32', shape, data: new Int32Array(bytes.buffer) };
    case 'BOOL':
      return { dtype: 'bool', shape, data: bytes };
  }
}
