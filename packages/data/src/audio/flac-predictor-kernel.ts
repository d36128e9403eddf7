import { I32, i32, I64, i64, Locals, repeat, when } from '@asc/core/wasm';
import type { Code, Local, WasmFunction } from '@asc/core/wasm';

/** Predictors up to this order hold their samples in registers: what encoders make. */
export const MAX_HELD_ORDER = 12;
/** Samples a step restores at least. */
const MIN_STEP = 4;
const INT32 = 4;

/**
 * Adds to each residual the prediction floor(Σ c_j·x[i−1−j] / 2^shift), in 64 bits.
 *
 * `predict(at, end, coefficients, order, shift)`: byte addresses of the first residual and of their end, behind at least `order`
 * samples, and of the coefficients as 32-bit integers, that of the newest sample first. Source: RFC 9639, section 9.2.6.
 */
export function predictorKernel(): WasmFunction {
  const locals = new Locals();
  const parameter = (): Local => locals.parameter(I32);
  const [at, end, coefficients, order, shift] = [parameter(), parameter(), parameter(), parameter(), parameter()];
  const [sum, wideShift] = [locals.local(I64), locals.local(I64)];
  const [tap, sample, last] = [locals.local(I32), locals.local(I32), locals.local(I32)];
  const more = i32.lessThan(at.get, end.get);
  const step: Code = [
    sum.set(i64.const(0)),
    tap.set(coefficients.get),
    sample.set(i32.sub(at.get, i32.const(INT32))),
    repeat(
      sum.set(i64.add(sum.get, i64.mul(i64.loadInt32(tap.get), i64.loadInt32(sample.get)))),
      [
        [tap, INT32],
        [sample, -INT32],
      ],
      i32.lessThan(tap.get, last.get),
    ),
    i64.storeInt32(at.get, i64.add(i64.loadInt32(at.get), i64.shiftRight(sum.get, wideShift.get))),
  ];
  const body = [
    wideShift.set(i64.ofUnsigned(shift.get)),
    last.set(i32.add(coefficients.get, i32.shiftLeft(order.get, i32.const(2)))),
    when(more, repeat(step, [[at, INT32]], more)),
  ];
  return { name: 'predict', locals, body };
}

/**
 * The same of one order, its samples and coefficients in registers: as many steps in a row as bring each register back to its
 * role, or a multiple. What is left of a block shorter than that stays residuals.
 *
 * `predict<order>(at, end, coefficients, shift) → at`, the address of the first residual left.
 */
export function heldPredictorKernel(order: number): WasmFunction {
  const locals = new Locals();
  const parameter = (): Local => locals.parameter(I32);
  const [at, end, coefficients, shift] = [parameter(), parameter(), parameter(), parameter()];
  const wideShift = locals.local(I64);
  const taps = Array.from({ length: order }, () => locals.local(I64));
  // x[i − 1 − j] of the first step lies in held[j].
  const held = Array.from({ length: order }, () => locals.local(I64));
  const steps = order * Math.ceil(MIN_STEP / order);
  const step = (i: number): Code => {
    // The oldest sample first: the newest is the one that is waited for.
    const terms = taps.map((tap, j) => i64.mul(tap.get, held[(j + order * steps - i) % order]!.get)).toReversed();
    const sum = terms.reduce((sofar, term) => i64.add(sofar, term));
    const sample = held[(order * steps - 1 - i) % order]!;
    return [
      sample.set(i64.add(i64.loadInt32(at.get, i * INT32), i64.shiftRight(sum, wideShift.get))),
      i64.storeInt32(at.get, sample.get, i * INT32),
    ];
  };
  const more = i32.lessThan(i32.add(at.get, i32.const((steps - 1) * INT32)), end.get);
  const body = [
    wideShift.set(i64.ofUnsigned(shift.get)),
    taps.map((tap, j) => tap.set(i64.loadInt32(coefficients.get, j * INT32))),
    held.map((sample, j) => sample.set(i64.loadInt32(i32.sub(at.get, i32.const((j + 1) * INT32))))),
    when(
      more,
      repeat(
        Array.from({ length: steps }, (_, i) => step(i)),
        [[at, steps * INT32]],
        more,
      ),
    ),
    at.get,
  ];
  return { name: `predict${order}`, locals, result: I32, body };
}
