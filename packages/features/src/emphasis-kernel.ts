import { F64, f64x2, I32, i32, Locals, repeat, when, type WasmFunction } from '@asc/core/wasm';

/**
 * Float32 samples to pre-emphasised float64.
 *
 * `emphasise(from, to, end, a)`: byte addresses of x[1] and of where the result starts and ends, a multiple of 16 bytes
 * later; y[n] = x[n] − a·x[n − 1].
 */
export function emphasisKernel(): WasmFunction {
  const locals = new Locals();
  const [from, to, end, a] = [
    locals.parameter(I32),
    locals.parameter(I32),
    locals.parameter(I32),
    locals.parameter(F64),
  ];
  const previous = f64x2.loadFloat32(i32.sub(from.get, i32.const(4)));
  const emphasised = f64x2.sub(f64x2.loadFloat32(from.get), f64x2.mul(previous, f64x2.splat(a.get)));
  const more = i32.lessThan(to.get, end.get);
  const loop = repeat(
    f64x2.store(to.get, emphasised),
    [
      [from, 8],
      [to, 16],
    ],
    more,
  );
  return { name: 'emphasise', locals, body: when(more, loop) };
}
