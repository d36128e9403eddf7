import type { OnnxNode } from '@asc/onnx';
import { roundHalfEven } from '../quantization-parameters.js';
import { channelIndex } from '../quantize-weights.js';
import { broadcastIndex } from './broadcast.js';
import { convolve, int } from './convolve.js';
import { multiplyMatrices } from './multiply-matrices.js';
import type { Code, QuantizeTo, SimValue } from './sim-value.js';

const { fround } = Math;

/** A node between DequantizeLinear and QuantizeLinear on the integers themselves; `undefined` where it has no such kernel. */
export type IntegerKernel = (node: OnnxNode, inputs: readonly SimValue[], to: QuantizeTo) => SimValue | undefined;

/** What ONNX Runtime fuses into QLinear operators, in its arithmetic: float32 factors, rounding half to even. */
export const INTEGER_KERNELS: Readonly<Record<string, IntegerKernel>> = {
  Conv: (node, inputs, to) => requantized(convolveIntegers(node, inputs), to),
  Gemm: (node, inputs, to) => requantized(multiplyIntegers(node, inputs), to),
  MatMul: (node, inputs, to) => requantized(multiplyIntegers(node, inputs), to),
  GlobalAveragePool: average,
  Add: (_, inputs, to) =>
    binary(inputs, to, (a, b) => {
      const [left, right] = [fround(scaleOf(a) / fround(to.scale)), fround(scaleOf(b) / fround(to.scale))];
      // The zero points of all three in one number, as MLAS does.
      const fixed = fround(to.zeroPoint - fround(fround(left * a.zeroPoint) + fround(right * b.zeroPoint)));
      return (x, y) => fround(fround(x * left) + fround(fround(y * right) + fixed)) - to.zeroPoint;
    }),
  Mul: (_, inputs, to) =>
    binary(inputs, to, (a, b) => {
      const factor = fround(fround(scaleOf(a) * scaleOf(b)) / fround(to.scale));
      return (x, y) => fround((x - a.zeroPoint) * (y - b.zeroPoint) * factor);
    }),
  Sigmoid: (_, inputs, to) => lookedUp(inputs, to, (x) => 1 / (1 + Math.exp(-x))),
  LeakyRelu: (node, inputs, to) => {
    const alpha = node.attributes['alpha'];
    const slope = alpha?.kind === 'float' ? alpha.value : 0.01;
    return lookedUp(inputs, to, (x) => (x >= 0 ? x : x * slope));
  },
};

/** Integer sums that stand for float32 numbers: sum · factor of its channel. */
export interface IntegerSums {
  readonly shape: number[];
  readonly sums: Float64Array;
  readonly factors: Float32Array;
  readonly channelOf: (flat: number) => number;
}

/** (q − z)·(w − v) summed, and the int32 bias. */
export function convolveIntegers(node: OnnxNode, inputs: readonly SimValue[]): IntegerSums | undefined {
  const [x, w, bias] = inputs;
  if (x?.code === undefined || w?.code === undefined || (bias !== undefined && bias.code === undefined))
    return undefined;
  const { shape, sums } = convolve(node, centred(x.code), x.shape, centred(w.code), w.shape);
  return withBias({ shape, sums }, x.code, w.code, bias?.code, channelIndex(shape, 1));
}

/** The same for a Gemm with plain left side, or a MatMul of matrices. */
export function multiplyIntegers(node: OnnxNode, inputs: readonly SimValue[]): IntegerSums | undefined {
  const [a, b, bias] = inputs;
  if (a?.code === undefined || b?.code === undefined || (bias !== undefined && bias.code === undefined))
    return undefined;
  if (b.shape.length !== 2) return undefined;
  const transposed = int(node, 'transB', 0) === 1;
  const inner = a.shape.at(-1) ?? 1;
  const columns = b.shape[transposed ? 0 : 1] ?? 1;
  const rows = a.code.integers.length / inner;
  const sums = multiplyMatrices(centred(a.code), centred(b.code), { rows, inner, columns }, transposed);
  const shape = [...a.shape.slice(0, -1), columns];
  return withBias({ shape, sums }, a.code, b.code, bias?.code, (flat) => flat % columns);
}

function withBias(
  { shape, sums }: { readonly shape: number[]; readonly sums: Float64Array },
  x: Code,
  w: Code,
  bias: Code | undefined,
  channelOf: (flat: number) => number,
): IntegerSums {
  if (bias !== undefined) sums.forEach((sum, i) => (sums[i] = sum + (bias.integers[channelOf(i)] ?? 0)));
  const factors = w.scales.map((scale) => scaleOf(x) * scale);
  return { shape, sums, factors, channelOf };
}

/** round(sum · factor / scale) + zeroPoint */
function requantized(found: IntegerSums | undefined, to: QuantizeTo): SimValue | undefined {
  if (found === undefined) return undefined;
  const { shape, sums, channelOf } = found;
  const factors = found.factors.map((factor) => factor / fround(to.scale));
  const data = Int32Array.from(sums, (sum, i) =>
    rounded(fround(fround(sum) * (factors[factors.length === 1 ? 0 : channelOf(i)] ?? 0)), to),
  );
  return { shape, data };
}

function average(_: OnnxNode, [x]: readonly SimValue[], to: QuantizeTo): SimValue | undefined {
  if (x?.code === undefined) return undefined;
  const [batch = 0, channels = 0, ...spatial] = x.shape;
  const size = spatial.reduce((product, length) => product * length, 1);
  const factor = fround(scaleOf(x.code) / fround(fround(to.scale) * size));
  const { integers, zeroPoint } = x.code;
  const data = new Int32Array(batch * channels);
  for (let map = 0; map < data.length; map++) {
    let sum = -zeroPoint * size;
    for (let i = 0; i < size; i++) sum += integers[map * size + i] ?? 0;
    data[map] = rounded(fround(sum * factor), to);
  }
  return { shape: [batch, channels, ...spatial.map(() => 1)], data };
}

function binary(
  [a, b]: readonly SimValue[],
  to: QuantizeTo,
  make: (a: Code, b: Code) => (x: number, y: number) => number,
): SimValue | undefined {
  if (a?.code === undefined || b?.code === undefined) return undefined;
  const [left, right] = [a.code.integers, b.code.integers];
  const compute = make(a.code, b.code);
  const { shape, indices } = broadcastIndex([a.shape, b.shape]);
  const [ofLeft, ofRight] = indices;
  const data = Int32Array.from({ length: ofLeft?.length ?? 0 }, (_, i) =>
    rounded(compute(left[ofLeft?.[i] ?? 0] ?? 0, right[ofRight?.[i] ?? 0] ?? 0), to),
  );
  return { shape, data };
}

/** One of 256 results each. */
function lookedUp([x]: readonly SimValue[], to: QuantizeTo, compute: (x: number) => number): SimValue | undefined {
  if (x?.code === undefined) return undefined;
  const { integers, zeroPoint } = x.code;
  const scale = scaleOf(x.code);
  const known = new Map<number, number>();
  const data = integers.map((q) => {
    const result = known.get(q) ?? quantizeNumber(fround(compute(fround((q - zeroPoint) * scale))), to);
    known.set(q, result);
    return result;
  });
  return { shape: x.shape, data };
}

/** What QuantizeLinear makes of a float32 number. */
export function quantizeNumber(x: number, to: QuantizeTo): number {
  return rounded(fround(x / fround(to.scale)), to);
}

function rounded(steps: number, { zeroPoint, min, max }: QuantizeTo): number {
  return Math.min(max, Math.max(min, roundHalfEven(steps) + zeroPoint));
}

function centred({ integers, zeroPoint }: Code): Int32Array {
  return zeroPoint === 0 ? integers : integers.map((q) => q - zeroPoint);
}

function scaleOf({ scales }: Code): number {
  return scales[0] ?? 1;
}
