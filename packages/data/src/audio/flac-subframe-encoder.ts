import type { FlacBitWriter } from './flac-bit-writer.js';
import { createPredictorDesigner, type Predictor } from './flac-linear-prediction.js';
import { createRicePlanner, emptyRicePlan, type RicePlan } from './flac-rice-plan.js';

/** One channel of a block, planned: how it is predicted, and what remains. */
interface Candidate {
  readonly residual: Int32Array;
  readonly rice: RicePlan;
  order: number;
  predictor: Predictor | undefined;
}

/** A channel's best form so far; `write` puts it out. */
export interface SubframeEncoder {
  /** Chooses the form of samples[0, count) of `bits` bits; returns its size in bits. Valid until planned again. */
  plan(samples: Int32Array, count: number, bits: number): number;
  write(out: FlacBitWriter): void;
}

const MAX_LPC_ORDER = 8;

/** Encodes single channels of blocks of up to `maxSamples` samples. Source: RFC 9639, section 9.2. */
export function createSubframeEncoder(maxSamples: number): SubframeEncoder {
  const planRice = createRicePlanner();
  const design = createPredictorDesigner(maxSamples, MAX_LPC_ORDER);
  const shifted = new Int32Array(maxSamples);
  const candidate = (): Candidate => ({
    residual: new Int32Array(maxSamples),
    rice: emptyRicePlan(),
    order: 0,
    predictor: undefined,
  });
  const fixed = candidate();
  const linear = candidate();
  let chosen: Candidate | 'constant' | 'verbatim' = 'verbatim';
  let wasted = 0;
  let width = 0;
  let length = 0;

  return {
    plan(samples, count, bits) {
      length = count;
      let all = 0;
      let varied = 0;
      for (let i = 0; i < count; i++) {
        all |= samples[i]!;
        varied |= samples[i]! ^ samples[0]!;
      }
      if (varied === 0) {
        [chosen, wasted, width] = ['constant', 0, bits];
        shifted[0] = samples[0]!;
        return 8 + bits;
      }
      wasted = 31 - Math.clz32(all & -all);
      width = bits - wasted;
      for (let i = 0; i < count; i++) shifted[i] = samples[i]! >> wasted;
      const header = 8 + wasted;
      let best = header + width * count;
      chosen = 'verbatim';

      fixed.order = bestFixedOrder(shifted, count);
      fixedResidual(shifted, count, fixed.order, fixed.residual);
      planRice(fixed.residual, fixed.order, count, fixed.rice);
      const fixedBits = header + fixed.order * width + fixed.rice.bits;
      if (fixedBits < best) [best, chosen] = [fixedBits, fixed];

      const predictor = design(shifted, count, width);
      if (predictor !== undefined && linearResidual(shifted, count, predictor, linear.residual)) {
        const order = predictor.coefficients.length;
        [linear.order, linear.predictor] = [order, predictor];
        planRice(linear.residual, order, count, linear.rice);
        const linearBits = header + order * (width + predictor.precision) + 9 + linear.rice.bits;
        if (linearBits < best) [best, chosen] = [linearBits, linear];
      }
      return best;
    },

    write(out) {
      const type =
        chosen === 'constant' ? 0 : chosen === 'verbatim' ? 1 : chosen === fixed ? 8 + fixed.order : 31 + linear.order;
      out.put(type, 7);
      if (wasted === 0) out.put(0, 1);
      else out.put(1, 1);
      // Wasted bits in unary: so many less one zeros, and a one.
      if (wasted > 0) out.put(1, wasted);
      const warmUp = chosen === 'constant' ? 1 : chosen === 'verbatim' ? length : chosen.order;
      for (let i = 0; i < warmUp; i++) out.putSigned(shifted[i]!, width);
      if (typeof chosen === 'string') return;
      if (chosen === linear && linear.predictor !== undefined) {
        const { coefficients, shift, precision } = linear.predictor;
        out.put(precision - 1, 4);
        out.putSigned(shift, 5);
        for (const value of coefficients) out.putSigned(value, precision);
      }
      writeResidual(out, chosen, length);
    },
  };
}

function writeResidual(out: FlacBitWriter, { residual, rice, order }: Candidate, samples: number): void {
  const partitions = 2 ** rice.order;
  const wide = rice.parameters.subarray(0, partitions).some((k) => k > 14);
  out.put(wide ? 1 : 0, 2);
  out.put(rice.order, 4);
  for (let p = 0, at = order; p < partitions; p++) {
    const end = ((p + 1) * samples) / partitions;
    const k = rice.parameters[p]!;
    out.put(k, wide ? 5 : 4);
    out.putRice(residual, at, end, k);
    at = end;
  }
}

/** The order of the polynomial predictor with the least sum of magnitudes. */
function bestFixedOrder(x: Int32Array, count: number): number {
  const most = Math.min(4, count - 1);
  const sums = [0, 0, 0, 0, 0];
  let [s0, s1, s2, s3, s4] = [0, 0, 0, 0, 0];
  let [d0, d1, d2, d3] = [0, 0, 0, 0];
  for (let i = 0; i < count; i++) {
    const e0 = x[i]!;
    const e1 = e0 - d0;
    const e2 = e1 - d1;
    const e3 = e2 - d2;
    const e4 = e3 - d3;
    if (i >= 4) {
      s0 += Math.abs(e0);
      s1 += Math.abs(e1);
      s2 += Math.abs(e2);
      s3 += Math.abs(e3);
      s4 += Math.abs(e4);
    }
    [d0, d1, d2, d3] = [e0, e1, e2, e3];
  }
  [sums[0], sums[1], sums[2], sums[3], sums[4]] = [s0, s1, s2, s3, s4];
  let best = 0;
  for (let order = 1; order <= most; order++) if (sums[order]! < sums[best]!) best = order;
  return best;
}

/** x minus its prediction by the polynomial through the last `order` samples; 25-bit samples give at most 29 bits. */
function fixedResidual(x: Int32Array, count: number, order: number, out: Int32Array): void {
  switch (order) {
    case 0:
      out.set(x.subarray(0, count));
      return;
    case 1:
      for (let i = 1; i < count; i++) out[i] = x[i]! - x[i - 1]!;
      return;
    case 2:
      for (let i = 2; i < count; i++) out[i] = x[i]! - 2 * x[i - 1]! + x[i - 2]!;
      return;
    case 3:
      for (let i = 3; i < count; i++) out[i] = x[i]! - 3 * (x[i - 1]! - x[i - 2]!) - x[i - 3]!;
      return;
    default:
      for (let i = 4; i < count; i++) out[i] = x[i]! - 4 * (x[i - 1]! + x[i - 3]!) + 6 * x[i - 2]! + x[i - 4]!;
  }
}

/** Whether the residual fits 32 bits, as it must. Doubles are exact here: 15 + 25 + 3 bits stay below 53. */
function linearResidual(x: Int32Array, count: number, { coefficients, shift }: Predictor, out: Int32Array): boolean {
  const order = coefficients.length;
  const c = Float64Array.from({ length: MAX_LPC_ORDER }, (_, j) => coefficients[j] ?? 0);
  const [c0, c1, c2, c3, c4, c5, c6, c7] = c as unknown as readonly [
    number,
    number,
    number,
    number,
    number,
    number,
    number,
    number,
  ];
  const scale = 2 ** -shift;
  const tail = Math.min(count, MAX_LPC_ORDER);
  for (let i = order; i < tail; i++) {
    let sum = 0;
    for (let j = 0; j < order; j++) sum += c[j]! * x[i - 1 - j]!;
    const rest = x[i]! - Math.floor(sum * scale);
    out[i] = rest;
    if (rest !== out[i]) return false;
  }
  let fits = true;
  for (let i = tail; i < count; i++) {
    const sum =
      c0 * x[i - 1]! +
      c1 * x[i - 2]! +
      (c2 * x[i - 3]! + c3 * x[i - 4]!) +
      (c4 * x[i - 5]! + c5 * x[i - 6]! + (c6 * x[i - 7]! + c7 * x[i - 8]!));
    const rest = x[i]! - Math.floor(sum * scale);
    out[i] = rest;
    fits &&= rest === out[i] && rest !== -(2 ** 31);
  }
  return fits;
}
