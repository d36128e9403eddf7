import type { FlacBits } from './flac-bits.js';

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

/** Adds to each residual the prediction floor(Σ c_j·x[i−1−j] / 2^shift). Doubles are exact here: 15 + 25 + 5 bits stay below 53. */
function predict(coefficients: readonly number[], shift: number, out: Int32Array, blockSamples: number): void {
  const order = coefficients.length;
  const scale = 2 ** -shift;
  if (order <= 8) {
    predictShort(coefficients, scale, out, blockSamples);
    return;
  }
  const c = Float64Array.from(coefficients);
  for (let i = order; i < blockSamples; i++) {
    let sum = 0;
    for (let j = 0; j < order; j++) sum += c[j]! * out[i - 1 - j]!;
    out[i] = out[i]! + Math.floor(sum * scale);
  }
}

/** The same for up to eight coefficients: the last samples stay in registers, which saves a conversion each. */
function predictShort(coefficients: readonly number[], scale: number, out: Int32Array, blockSamples: number): void {
  const order = coefficients.length;
  const [c0 = 0, c1 = 0, c2 = 0, c3 = 0, c4 = 0, c5 = 0, c6 = 0, c7 = 0] = coefficients.map((c) => c * scale);
  const before = (age: number): number => (age <= order ? out[order - age]! : 0);
  let [x0, x1, x2, x3] = [before(1), before(2), before(3), before(4)];
  let [x4, x5, x6, x7] = [before(5), before(6), before(7), before(8)];
  for (let i = order; i < blockSamples; i++) {
    const sum = c0 * x0 + c1 * x1 + (c2 * x2 + c3 * x3) + (c4 * x4 + c5 * x5 + (c6 * x6 + c7 * x7));
    x7 = x6;
    x6 = x5;
    x5 = x4;
    x4 = x3;
    x3 = x2;
    x2 = x1;
    x1 = x0;
    x0 = out[i]! + Math.floor(sum);
    out[i] = x0;
  }
}

/**
 * Decodes one subframe (one channel of one block) into `out`. Source: RFC 9639, section 9.2.
 *
 * @throws {NotAFrame} reserved values or impossible sizes. @throws {OutOfBytes} the bytes end first.
 */
export function readSubframe(bits: FlacBits, sampleBits: number, out: Int32Array, blockSamples: number): void {
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
    if (order > 0) predict(coefficients, shift, out, blockSamples);
  }
  bits.check();
  if (wasted > 0) for (let i = 0; i < blockSamples; i++) out[i] = out[i]! << wasted;
}
