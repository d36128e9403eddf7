import { expect, test } from '@jest/globals';
import { naturalLogarithm } from './logarithm-kernel.js';
import { assembleModule, f64x2, i32, Locals, V128 } from '@asc/core/wasm';

interface Wasm {
  readonly Memory: new (limits: { readonly initial: number }) => { readonly buffer: ArrayBuffer };
  readonly Module: new (bytes: Uint8Array<ArrayBuffer>) => object;
  readonly Instance: new (module: object, imports: object) => { readonly exports: { ln(): void } };
}

test('the logarithm is that of Math.log from the smallest normal number to the largest', () => {
  const { Memory, Module, Instance } = (globalThis as unknown as { WebAssembly: Wasm }).WebAssembly;
  const memory = new Memory({ initial: 1 });
  const locals = new Locals();
  const [x, exponent, scratch] = [locals.local(V128), locals.local(V128), locals.local(V128)];
  const at = i32.const(0);
  const body = [x.set(f64x2.load(at)), naturalLogarithm(x, exponent, scratch), f64x2.store(at, x.get)];
  const { ln } = new Instance(new Module(assembleModule([{ name: 'ln', locals, body }])), { env: { memory } }).exports;
  const pair = new Float64Array(memory.buffer, 0, 2);
  const edges = [2 ** -1022, Number.MAX_VALUE, 1, Math.SQRT2, Math.SQRT1_2, 1 + 1e-9, 1 - 1e-9, 2, 0.5, 1e-10];
  const many = Array.from({ length: 4000 }, (_, i) => (1 + ((i * 7919) % 1000) / 1000) * 2 ** ((i % 2040) - 1022));
  for (const value of [...edges, ...many]) {
    pair.set([value, 3]);
    ln();
    const expected = Math.log(value);
    // The series is cut at 2e-14; rounding of large exponents adds to it.
    expect(Math.abs(pair[0]! - expected)).toBeLessThanOrEqual(2e-14 + 4e-16 * Math.abs(expected));
    expect(pair[1]).toBeCloseTo(Math.log(3), 13);
  }
});
