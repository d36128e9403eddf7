import { f64x2, I32, i32, Locals, repeat, storeFloat32Pair, when, type Code, type WasmFunction } from '@asc/core/wasm';

/**
 * The derivative of a row of float32 by a Savitzky–Golay kernel, where a whole window fits; two at a time, to the bit what
 * `deltaRow` computes.
 *
 * `NAME(from, to, end)`: byte addresses of the first window, and of where the results start and end, a multiple of 8 bytes later.
 */
export function deltaRowKernel(name: string, kernel: Float64Array): WasmFunction {
  const locals = new Locals();
  const [from, to, end] = [locals.parameter(I32), locals.parameter(I32), locals.parameter(I32)];
  const sum = [...kernel].reduce<Code>(
    (before, weight, j) =>
      f64x2.add(before, f64x2.mul(f64x2.const(weight), f64x2.loadFloat32(i32.add(from.get, i32.const(4 * j))))),
    f64x2.const(0),
  );
  const more = i32.lessThan(to.get, end.get);
  const loop = repeat(
    storeFloat32Pair(to.get, f64x2.toFloat32(sum)),
    [
      [from, 8],
      [to, 8],
    ],
    more,
  );
  return { name, locals, body: when(more, loop) };
}
