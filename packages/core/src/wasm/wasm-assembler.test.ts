import { describe, expect, it } from '@jest/globals';
import {
  again,
  assembleModule,
  type Code,
  F64,
  f32x4,
  f64x2,
  giveBack,
  I32,
  i32,
  I64,
  i64,
  i64x2,
  leave,
  type Local,
  Locals,
  loop,
  repeat,
  storeFloat32Pair,
  V128,
  type ValueType,
  wasmApi,
  when,
} from './wasm-assembler.js';

const WebAssembly = wasmApi();
const memory = new WebAssembly.Memory({ initial: 1 });

/** A function of parameters of these types; `write` gives its body. */
function compile<Result>(
  types: readonly ValueType[],
  result: ValueType | undefined,
  write: (parameters: readonly Local[], locals: Locals) => Code,
): (...given: (number | bigint)[]) => Result {
  const locals = new Locals();
  const parameters = types.map((type) => locals.parameter(type));
  const body = write(parameters, locals);
  const bytes = assembleModule([{ name: 'f', locals, body, ...(result === undefined ? {} : { result }) }]);
  const { exports } = new WebAssembly.Instance(new WebAssembly.Module(bytes), { env: { memory } });
  return exports['f'] as (...given: (number | bigint)[]) => Result;
}

const A = 0x12345678;
const B = -98765;

describe('assembled functions', () => {
  it.each([0, 1, 63, 64, -1, -64, -65, 127, 128, 8191, 8192, -8192, -8193, 0x7fffffff, -0x80000000])(
    'give the constant %d, however many bytes it takes',
    (value) => {
      expect(compile([], I32, () => i32.const(value))()).toBe(value);
      expect(compile([], I64, () => i64.const(value))()).toBe(BigInt(value));
    },
  );

  it.each<[string, (a: Code, b: Code) => Code, number]>([
    ['add', i32.add, (A + B) | 0],
    ['sub', i32.sub, (A - B) | 0],
    ['and', i32.and, A & B],
    ['or', i32.or, A | B],
    ['xor', i32.xor, A ^ B],
    ['shiftLeft', i32.shiftLeft, A << B],
    ['shiftRight', (a, b) => i32.shiftRight(b, a), B >> A],
    ['shiftRightUnsigned', (a, b) => i32.shiftRightUnsigned(b, a), (B >>> A) | 0],
    ['lessThan, unsigned', i32.lessThan, 1],
    ['isPositive', (a) => i32.isPositive(a), 1],
    ['isPositive of less', (_, b) => i32.isPositive(b), 0],
    ['select', (a, b) => i32.select(a, b, i32.const(0)), B],
    ['wrap', (a, b) => i32.wrap(i64.mul(i64.ofUnsigned(a), i64.ofUnsigned(b))), Math.imul(A, B)],
  ])('compute i32.%s', (_, op, expected) => {
    expect(compile([I32, I32], I32, ([a, b]) => op(a!.get, b!.get))(A, B)).toBe(expected);
  });

  const [C, D] = [0x123456789abcdefn, -987654321987n];
  const wide = (value: bigint): bigint => BigInt.asIntN(64, value);
  it.each<[string, (a: Code, b: Code) => Code, bigint]>([
    ['add', i64.add, wide(C + D)],
    ['sub', i64.sub, wide(C - D)],
    ['mul', i64.mul, wide(C * D)],
    ['or', i64.or, wide(C | D)],
    ['shiftLeft', (a) => i64.shiftLeft(a, i64.const(9)), wide(C << 9n)],
    ['shiftRight', (_, b) => i64.shiftRight(b, i64.const(9)), D >> 9n],
    ['shiftRightUnsigned', (_, b) => i64.shiftRightUnsigned(b, i64.const(9)), BigInt.asUintN(64, D) >> 9n],
    ['leadingZeros', (a) => i64.leadingZeros(a), 7n],
    ['leadingZeros of 0', () => i64.leadingZeros(i64.const(0)), 64n],
    ['moreThan, unsigned', (a, b) => i64.ofUnsigned(i64.moreThan(b, a)), 1n],
    ['isZero', (a) => i64.ofUnsigned(i64.isZero(a)), 0n],
  ])('compute i64.%s', (_, op, expected) => {
    expect(compile([I64, I64], I64, ([a, b]) => op(a!.get, b!.get))(C, D)).toBe(expected);
  });

  it('load and store what lies in memory, at offsets of any size', () => {
    const view = new DataView(memory.buffer);
    view.setInt32(8 + 300, -5, true);
    view.setInt32(8 + 304, 9, true);
    const f = compile<number>([I32], I32, ([at]) => [
      i64.storeInt32(at!.get, i64.loadInt32(at!.get, 300), 400),
      i32.store(at!.get, i32.loadByte(at!.get, 300), 404),
      i32.store(at!.get, i32.loadShort(at!.get, 300), 408),
      i32.store(at!.get, i64.isZero(i64.load(at!.get, 304)), 412),
      i32.load(at!.get, 304),
    ]);
    expect(f(8)).toBe(9);
    expect([408, 412, 416, 420].map((at) => view.getInt32(at, true))).toEqual([-5, 0xfb, 0xfffb, 0]);
  });

  it('compute on two numbers of float64 at once', () => {
    const floats = new Float64Array(memory.buffer, 0, 8);
    floats.set([4, 9, 2, -3]);
    const f = compile([F64], undefined, ([x], locals) => {
      const [a, b] = [locals.local(V128), locals.local(V128)];
      const [zero, sixteen] = [i32.const(0), i32.const(16)];
      return [
        a.set(f64x2.sqrt(f64x2.load(zero))),
        b.set(f64x2.max(f64x2.load(sixteen), f64x2.const(-1))),
        a.set(f64x2.add(f64x2.mul(a.get, b.get), f64x2.splat(x!.get))),
        a.set(f64x2.div(f64x2.sub(a.get, f64x2.const(0.5)), f64x2.loadSplat(zero, 16))),
        f64x2.store(i32.const(32), a.get),
        f64x2.store(i32.const(48), f64x2.firsts(a.get, f64x2.seconds(b.get, b.get))),
      ];
    });
    f(10);
    expect([...floats.subarray(4)]).toEqual([(4 + 10 - 0.5) / 2, (-3 + 10 - 0.5) / 2, (4 + 10 - 0.5) / 2, -1]);
  });

  it('change float64 into float32 and back, and reach their bits', () => {
    const floats = new Float32Array(memory.buffer, 0, 4);
    floats.set([0.1, -7]);
    const doubles = new Float64Array(memory.buffer, 16, 4);
    const f = compile([], undefined, () => {
      const wide = f64x2.loadFloat32(i32.const(0));
      const sign = i64x2.const(0x80000000, 0);
      return [
        f64x2.store(i32.const(16), i64x2.or(wide, sign)),
        f64x2.store(i32.const(32), i64x2.add(i64x2.and(wide, sign), i64x2.shiftRight(i64x2.const(0x7fe00000, 0), 1))),
        storeFloat32Pair(i32.const(8), f64x2.toFloat32(f64x2.mul(wide, f64x2.const(1 / 3)))),
      ];
    });
    f();
    expect([...doubles.subarray(0, 2)]).toEqual([-Math.fround(0.1), -7]);
    expect([...doubles.subarray(2)]).toEqual([1, -1]);
    expect([...floats.subarray(2)]).toEqual([Math.fround(Math.fround(0.1) / 3), Math.fround(-7 / 3)]);
  });

  it('take roots of four numbers of float32 at once', () => {
    const floats = new Float64Array(memory.buffer, 0, 4);
    floats.set([4, 1e300, 2, 1e-300]);
    const f = compile([], undefined, (_, locals) => {
      const roots = locals.local(V128);
      const [zero, sixteen] = [i32.const(0), i32.const(16)];
      const all = f64x2.firsts(f64x2.toFloat32(f64x2.load(zero)), f64x2.toFloat32(f64x2.load(sixteen)));
      return [
        roots.set(f32x4.sqrt(all)),
        f64x2.store(zero, f64x2.ofFloat32(roots.get)),
        f64x2.store(sixteen, f64x2.ofFloat32(f64x2.seconds(roots.get, roots.get))),
      ];
    });
    f();
    expect([...floats]).toEqual([2, Infinity, Math.fround(Math.SQRT2), 0]);
  });

  it('repeat, choose, start a loop anew and leave it from inside conditions', () => {
    const sum = compile<number>([I32], I32, ([n], locals) => {
      const [i, total] = [locals.local(I32), locals.local(I32)];
      return [repeat([total.set(i32.add(total.get, i.get))], [[i, 1]], i32.lessThan(i.get, n!.get)), total.get];
    });
    expect([0, 1, 200].map((n) => sum(n))).toEqual([0, 0, 19900]);
    // Counts down by 3, or by 1 from odd numbers; below 10 it ends, at 50 at once with a 7.
    const steps = compile<number>([I32], I32, ([n], locals) => {
      const count = locals.local(I32);
      const odd = i32.and(n!.get, i32.const(1));
      return [
        loop([
          when(i32.lessThan(n!.get, i32.const(10)), leave(1)),
          when(i32.xor(n!.get, i32.const(50)), [], giveBack(i32.const(7))),
          count.set(i32.add(count.get, i32.const(1))),
          when(odd, when(i32.const(1), [n!.set(i32.sub(n!.get, i32.const(1))), again(2)])),
          n!.set(i32.sub(n!.get, i32.const(3))),
          again(),
        ]),
        count.get,
      ];
    });
    const expected = (from: number): number => {
      let [n, count] = [from, 0];
      for (; n >= 10; count++, n -= n % 2 === 1 ? 1 : 3) if (n === 50) return 7;
      return count;
    };
    for (const n of [0, 9, 10, 11, 30, 31, 49, 50, 53, 100]) expect(steps(n)).toBe(expected(n));
  });
});
