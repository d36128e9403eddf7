import { describe, expect, test } from '@jest/globals';
import { createRng } from '@asc/core';
import { FlacBits, OutOfBytes } from './flac-bits.js';
import { createFrameChecksum } from './flac-crc.js';
import { compileFlacKernel, FlacKernel } from './flac-kernel.js';

const kernel = new FlacKernel(compileFlacKernel());
const MAX_SAMPLES = 4096;

/** The bits of a string, the last byte filled with zeros, loaded. */
function bitsOf(text: string): FlacBits {
  const bytes = text.match(/.{1,8}/g)!.map((byte) => parseInt(byte.padEnd(8, '0'), 2));
  kernel.arrange(1, MAX_SAMPLES);
  kernel.window(bytes.length).set(bytes);
  return new FlacBits(kernel, bytes.length);
}

/** By the definition: a number's quotient in unary, a 1, its k lower bits; signs folded into the lowest. */
function riceCode(value: number, k: number): string {
  const folded = value >= 0 ? 2 * value : -2 * value - 1;
  const low = k === 0 ? '' : (folded % 2 ** k).toString(2).padStart(k, '0');
  return `${'0'.repeat(Math.floor(folded / 2 ** k))}1${low}`;
}

describe('the kernel of the FLAC decoder', () => {
  test('reads Rice codes of every parameter, at any bit, short and very long', () => {
    for (let k = 0; k <= 30; k++) {
      const rng = createRng(k);
      const values = Array.from({ length: 203 }, (_, i) => {
        const quotient = i % 40 === 39 && k < 24 ? 50 + rng.integer(300) : rng.integer(k < 29 ? 4 : 2);
        const folded = quotient * 2 ** k + rng.integer(2 ** k);
        return folded % 2 === 0 ? folded / 2 : -(folded + 1) / 2;
      });
      const before = '1'.repeat(k % 8);
      const text = before + values.map((value) => riceCode(value, k)).join('');
      const bits = bitsOf(`${text}1010`);
      bits.position = before.length;
      bits.rice(k, kernel.planes[0]!, 5, 5 + values.length);
      expect([...kernel.planes[0]!.subarray(5, 5 + values.length)]).toEqual(values);
      expect(bits.position).toBe(text.length);
    }
  });

  test('says that the bytes end, inside the zeros of a code as behind it', () => {
    const [plane] = [kernel.planes[0]!];
    expect(() => bitsOf('0'.repeat(400)).rice(3, plane, 0, 1)).toThrow(OutOfBytes);
    expect(() => bitsOf('1'.repeat(64)).rice(0, kernel.planes[0]!, 0, 65)).toThrow(OutOfBytes);
    const bits = bitsOf('1'.repeat(64));
    bits.rice(0, kernel.planes[0]!, 0, 64);
    expect(bits.position).toBe(64);
  });

  test.each(Array.from({ length: 32 }, (_, i) => i + 1))(
    'restores by %d coefficients as exact arithmetic does',
    (order) => {
      const rng = createRng(order);
      // Coefficients that sum up to less than 1 keep what they predict within 24 bits.
      const limit = Math.floor(2 ** 14 / order);
      const coefficients = Array.from({ length: order }, () => rng.integer(2 * limit) - limit);
      for (const length of [order, order + 1, order + 2 * order + 7]) {
        const residuals = Array.from({ length }, () => rng.integer(2 ** 23) - 2 ** 22);
        const expected = residuals.map(BigInt);
        for (let i = order; i < length; i++)
          expected[i]! += coefficients.reduce((sum, c, j) => sum + BigInt(c) * expected[i - 1 - j]!, 0n) >> 15n;
        bitsOf('1');
        const plane = kernel.planes[0]!;
        plane.fill(7).set(residuals);
        kernel.predict(coefficients, 15, plane, length);
        expect([...plane.subarray(0, length)]).toEqual(expected.map(Number));
        expect(plane[length]).toBe(7);
      }
    },
  );

  test('sums frames up as the tables do, whatever their length', () => {
    const rng = createRng(1);
    const bytes = Uint8Array.from({ length: 3000 }, () => rng.integer(256));
    kernel.window(bytes.length).set(bytes);
    kernel.load(bytes.length);
    const checksum = createFrameChecksum();
    for (const [from, to] of [
      [0, 0],
      [0, 1],
      [1, 8],
      [3, 19],
      [7, 3000],
    ] as const)
      expect(kernel.checksum(from, to)).toBe(checksum(bytes, from, to));
  });

  test('keeps samples and bytes apart where it grows', () => {
    kernel.arrange(8, 65535);
    kernel.planes[7]!.fill(-1);
    const bytes = new Uint8Array(1 << 20).fill(0xaa);
    kernel.window(bytes.length).set(bytes);
    kernel.load(bytes.length);
    expect(kernel.planes.map(({ length }) => length)).toEqual(Array.from({ length: 8 }, () => 65535));
    kernel.planes[7]!.fill(1);
    expect(kernel.bytes.subarray(0, bytes.length).every((byte) => byte === 0xaa)).toBe(true);
  });
});
