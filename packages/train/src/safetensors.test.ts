import { DataError, type NdArray } from '@asc/core';
import { describe, expect, test } from '@jest/globals';
import fc from 'fast-check';
import { readFileSync } from 'node:fs';
import { decodeSafetensors, encodeSafetensors } from './safetensors.js';

const reference = new Uint8Array(readFileSync(new URL('../../../golden/train/reference.safetensors', import.meta.url)));

const arrays: fc.Arbitrary<NdArray> = fc
  .tuple(fc.constantFrom('float32', 'int32', 'bool'), fc.array(fc.nat(4), { maxLength: 3 }), fc.integer())
  .map(([dtype, shape, seed]) => {
    const size = shape.reduce((a, b) => a * b, 1);
    const values = Array.from({ length: size }, (_, i) => (seed >> (i % 8)) % 1000);
    if (dtype === 'float32') return { dtype, shape, data: Float32Array.from(values, (v) => v / 7) };
    return dtype === 'int32'
      ? { dtype, shape, data: Int32Array.from(values) }
      : { dtype: 'bool', shape, data: Uint8Array.from(values, (v) => v & 1) };
  });

describe('safetensors', () => {
  test('reads what the Python package writes, from a Buffer at any offset too', () => {
    const { tensors, metadata } = decodeSafetensors(reference, 'reference');
    expect(metadata).toEqual({ note: 'written by safetensors for Python' });
    expect(tensors['weights/kernel']).toEqual({
      dtype: 'float32',
      shape: [2, 3],
      data: Float32Array.from([0, 1, 2, 3, 4, 5], (v) => v / 7),
    });
    expect(tensors['steps']?.data).toEqual(Int32Array.of(-1, 2 ** 31 - 1));
    expect(tensors['mask']).toEqual({ dtype: 'bool', shape: [3], data: Uint8Array.of(1, 0, 1) });
    expect(tensors['scalar']).toEqual({ dtype: 'float32', shape: [], data: Float32Array.of(1.5) });
    expect(tensors['empty']?.shape).toEqual([0, 4]);
    const shifted = Buffer.concat([Buffer.of(1, 2, 3), reference]).subarray(3);
    expect(decodeSafetensors(shifted, 'shifted')).toEqual({ tensors, metadata });
  });

  test('writes the bytes the Python package writes for the same content', () => {
    expect(Buffer.from(encodeSafetensors(decodeSafetensors(reference, 'reference')))).toEqual(Buffer.from(reference));
  });

  test('a round trip gives back every name and number', () => {
    fc.assert(
      fc.property(
        fc.dictionary(
          fc.string().filter((name) => name !== '__metadata__'),
          arrays,
        ),
        fc.dictionary(fc.string(), fc.string()),
        (tensors, metadata) => {
          const read = decodeSafetensors(encodeSafetensors({ tensors, metadata }), 'x');
          expect(Object.entries(read.tensors).sort()).toEqual(Object.entries(tensors).sort());
          expect(Object.entries(read.metadata).sort()).toEqual(Object.entries(metadata).sort());
        },
      ),
      { seed: 1, numRuns: 200 },
    );
  });

  test('reads the 64-bit counters of a PyTorch checkpoint, and refuses what 32 bits cannot hold', () => {
    const file = (value: bigint): Uint8Array => {
      const header = JSON.stringify({ n: { dtype: 'I64', shape: [1], data_offsets: [0, 8] } }).padEnd(56);
      const bytes = Buffer.alloc(8 + 56 + 8, header, 'latin1');
      bytes.writeBigUInt64LE(56n, 0);
      bytes.write(header, 8, 'latin1');
      bytes.writeBigInt64LE(value, 64);
      return bytes;
    };
    for (const value of [-(2 ** 31), 0, 2 ** 31 - 1]) {
      const { n } = decodeSafetensors(file(BigInt(value)), 'counters').tensors;
      expect(n).toEqual({ dtype: 'int32', shape: [1], data: Int32Array.of(value) });
    }
    expect(() => decodeSafetensors(file(2n ** 31n), 'counters')).toThrow('numbers that int32 can hold');
  });

  test('refuses every truncation, and longer files', () => {
    for (let length = 0; length < reference.length; length++) {
      expect(() => decodeSafetensors(reference.subarray(0, length), 'cut.safetensors')).toThrow(DataError);
    }
    expect(() => decodeSafetensors(Buffer.concat([reference, Buffer.of(0)]), 'long')).toThrow(DataError);
  });

  test('a damaged byte is a DataError or other numbers, never a crash', () => {
    fc.assert(
      fc.property(fc.nat(reference.length - 1), fc.nat(255), (at, value) => {
        const damaged = reference.slice();
        damaged[at] = value;
        try {
          decodeSafetensors(damaged, 'damaged');
        } catch (error) {
          expect(error).toBeInstanceOf(DataError);
        }
      }),
      { seed: 1, numRuns: 2000 },
    );
  });
});
