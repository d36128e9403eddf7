import type { FlacBits } from './flac-bits.js';
import type { FlacKernel } from './flac-kernel.js';

/** Thrown where the bits cannot be a FLAC frame; the message says why. */
export class NotAFrame extends Error {}

const FIXED: readonly (readonly number[])[] = [[], [1], [2, -1], [3, -3, 1], [4, -6, 4, -1]];

function readResidual(bits: FlacBits, order: number, out: Int32Array, blockSamples: number): void {
  const method = bits.unsigned(2);
  if (method > 1) throw new NotAFrame('reserved residual coding');
  const parameterBits = 4 + method;
  const escape = 2 ** parameterBits - 1;
  const partitions = 2 ** bits.unsigned(4);
  const partitionSamples = blockSamples / partitions;
  if (!Number.isInteger(partitionSamples) || partitionSamples < order)
    throw new NotAFrame('residual partitions do not fit the block');
  let at = order;
  for (let p = 1; p <= partitions; p++) {
    const end = p * partitionSamples;
    const k = bits.unsigned(parameterBits);
    if (k === escape) {
      const width = bits.unsigned(5);
      for (let i = at; i < end; i++) out[i] = bits.signed(width);
    } else {
      bits.rice(k, out, at, end);
    }
    at = end;
  }
}

/**
 * Decodes one subframe (one channel of one block) into `out`, a plane of the kernel that holds the bits. Source: RFC 9639, section 9.2.
 *
 * @throws {NotAFrame} reserved values or impossible sizes. @throws {OutOfBytes} the bytes end first.
 */
export function readSubframe(
  kernel: FlacKernel,
  bits: FlacBits,
  sampleBits: number,
  out: Int32Array,
  blockSamples: number,
): void {
  if (bits.unsigned(1) !== 0) throw new NotAFrame('subframe padding is not zero');
  const type = bits.unsigned(6);
  const wasted = bits.unsigned(1) === 1 ? bits.unary() + 1 : 0;
  const width = sampleBits - wasted;
  if (width < 1) throw new NotAFrame('more wasted bits than bits');

  if (type === 0) {
    out.fill(bits.signed(width), 0, blockSamples);
  } else if (type === 1) {
    for (let i = 0; i < blockSamples; i++) out[i] = bits.signed(width);
  } else {
    const fixed = type >= 8 && type <= 12;
    if (!fixed && type < 32) throw new NotAFrame('reserved subframe type');
    const order = fixed ? type - 8 : type - 31;
    if (order > blockSamples) throw new NotAFrame('predictor longer than the block');
    for (let i = 0; i < order; i++) out[i] = bits.signed(width);
    let shift = 0;
    let coefficients = FIXED[order] ?? [];
    if (!fixed) {
      const precision = bits.unsigned(4) + 1;
      shift = bits.signed(5);
      if (precision === 16 || shift < 0) throw new NotAFrame('reserved predictor precision or shift');
      coefficients = Array.from({ length: order }, () => bits.signed(precision));
    }
    readResidual(bits, order, out, blockSamples);
    if (order > 0) kernel.predict(coefficients, shift, out, blockSamples);
  }
  bits.check();
  if (wasted > 0) for (let i = 0; i < blockSamples; i++) out[i] = out[i]! << wasted;
}
