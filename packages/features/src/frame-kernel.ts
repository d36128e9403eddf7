import type { FrontEndConfig } from '@asc/core';
import { f32x4, f64x2, I32, i32, Locals, repeat, storeFloat32Pair, V128, when } from '@asc/core/wasm';
import { stageLengths, type KernelLayout } from './kernel-tables.js';
import { naturalLogarithm } from './logarithm-kernel.js';
import type { Code, Local, WasmFunction } from '@asc/core/wasm';

interface Complex {
  readonly re: Local;
  readonly im: Local;
}

const POINT = 32;
const SCALAR = 8;
const TWIDDLES = 6 * SCALAR;
/** A logarithm's floor that is far above the smallest magnitude float32 holds the square of, 1e-19. */
const LEAST_FLOOR = 1e-12;

/**
 * One front end's frames: window, real FFT of a power of two, power or magnitude, filterbank, logarithm.
 *
 * `frames(signal, hop, count, out, rowBytes, scaled)`: byte address of the first window, bytes from one window to the next,
 * frames, address of the (F, T′) float32 result and bytes of its row, and whether the bins are multiplied by `scales`.
 * Arithmetic is float64, but for the square roots of magnitudes, two frames at a time, one in each lane, so that a frame's
 * numbers do not depend on its neighbour.
 */
export function frameKernel(config: FrontEndConfig, layout: KernelLayout): WasmFunction {
  const locals = new Locals();
  const parameter = (): Local => locals.parameter(I32);
  const [signal, hop, count] = [parameter(), parameter(), parameter()];
  const [out, rowBytes, scaled] = [parameter(), parameter(), parameter()];
  const address = (): Local => locals.local(I32);
  const second = address();
  const [a, b, c, d, e] = [address(), address(), address(), address(), address()];
  const complex = (): Complex => ({ re: locals.local(V128), im: locals.local(V128) });
  const inputs = [complex(), complex(), complex(), complex()] as const;
  const sums = [complex(), complex(), complex(), complex()] as const;
  const points = config.fftLength / 2;
  const { firstRadix, lengths } = stageLengths(points);

  let twiddles = layout.twiddles;
  const stages = lengths.map((length) => {
    const code = stage(length, twiddles);
    twiddles += length * TWIDDLES;
    return code;
  });
  const body = [
    // The last of an odd count keeps itself company.
    second.set(i32.select(i32.add(signal.get, hop.get), signal.get, i32.lessThan(i32.const(1), count.get))),
    firstStage(),
    stages,
    power(),
    config.spectrum === 'magnitude' ? magnitudes() : [],
    when(scaled.get, [
      b.set(i32.const(layout.scales + SCALAR * layout.firstBin)),
      overSpectrum(scaledBin(), [[b, SCALAR]]),
    ]),
    filterbank(),
    results(),
    signal.set(i32.add(i32.add(signal.get, hop.get), hop.get)),
    out.set(i32.add(out.get, i32.const(8))),
    count.set(i32.sub(count.get, i32.const(2))),
  ];
  return { name: 'frames', locals, body: when(count.get, repeat(body, [], i32.isPositive(count.get))) };

  /** Windows the samples of both frames, brings pairs of them into order as complex points, and combines the first ones. */
  function firstStage(): Code {
    const apart = (points / firstRadix) * 2 * SCALAR;
    const read = Array.from({ length: firstRadix }, (_, q) => {
      const window = f64x2.load(b.get, layout.window + q * apart);
      const [x, y] = [sums[0].re, sums[0].im];
      return [
        x.set(f64x2.mul(f64x2.load(d.get, q * apart), window)),
        y.set(f64x2.mul(f64x2.load(e.get, q * apart), window)),
        inputs[q]!.re.set(f64x2.firsts(x.get, y.get)),
        inputs[q]!.im.set(f64x2.seconds(x.get, y.get)),
      ];
    });
    const combine = firstRadix === 4 ? radix4(1) : radix2();
    return [
      a.set(i32.const(layout.points)),
      c.set(i32.const(layout.order)),
      repeat(
        [b.set(i32.load(c.get)), d.set(i32.add(signal.get, b.get)), e.set(i32.add(second.get, b.get)), read, combine],
        [
          [a, firstRadix * POINT],
          [c, 4],
        ],
        i32.lessThan(a.get, i32.const(layout.points + points * POINT)),
      ),
    ];
  }

  /** One pass that combines four transforms of `length` into one, all over the points. */
  function stage(length: number, table: number): Code {
    const load = inputs.map(({ re, im }, q) => [
      re.set(f64x2.load(a.get, q * length * POINT)),
      im.set(f64x2.load(a.get, q * length * POINT + 16)),
    ]);
    return [
      a.set(i32.const(layout.points)),
      repeat(
        [
          // The first twiddles are all 1.
          [load, radix4(length), a.set(i32.add(a.get, i32.const(POINT)))],
          c.set(i32.const(table + TWIDDLES)),
          repeat(
            [load, [1, 2, 3].map((q) => rotate(inputs[q]!, (q - 1) * 2 * SCALAR)), radix4(length)],
            [
              [a, POINT],
              [c, TWIDDLES],
            ],
            i32.lessThan(c.get, i32.const(table + length * TWIDDLES)),
          ),
        ],
        [[a, 3 * length * POINT]],
        i32.lessThan(a.get, i32.const(layout.points + points * POINT)),
      ),
    ];
  }

  /** Multiplies by the twiddle at `c` + `offset`. */
  function rotate({ re, im }: Complex, offset: number): Code {
    const wr = f64x2.loadSplat(c.get, offset);
    const wi = f64x2.loadSplat(c.get, offset + SCALAR);
    const turned = sums[0].re;
    return [
      turned.set(f64x2.sub(f64x2.mul(re.get, wr), f64x2.mul(im.get, wi))),
      im.set(f64x2.add(f64x2.mul(re.get, wi), f64x2.mul(im.get, wr))),
      re.set(turned.get),
    ];
  }

  /** The butterfly of four inputs, written back at `a`, `length` points apart. */
  function radix4(length: number): Code {
    const [x0, x1, x2, x3] = inputs;
    const [s02, d02, s13, d13] = sums;
    const pair = (sum: Complex, difference: Complex, x: Complex, y: Complex): Code => [
      sum.re.set(f64x2.add(x.re.get, y.re.get)),
      sum.im.set(f64x2.add(x.im.get, y.im.get)),
      difference.re.set(f64x2.sub(x.re.get, y.re.get)),
      difference.im.set(f64x2.sub(x.im.get, y.im.get)),
    ];
    const at = (q: number, re: Code, im: Code): Code => [
      f64x2.store(a.get, re, q * length * POINT),
      f64x2.store(a.get, im, q * length * POINT + 16),
    ];
    return [
      pair(s02, d02, x0, x2),
      pair(s13, d13, x1, x3),
      at(0, f64x2.add(s02.re.get, s13.re.get), f64x2.add(s02.im.get, s13.im.get)),
      at(1, f64x2.add(d02.re.get, d13.im.get), f64x2.sub(d02.im.get, d13.re.get)),
      at(2, f64x2.sub(s02.re.get, s13.re.get), f64x2.sub(s02.im.get, s13.im.get)),
      at(3, f64x2.sub(d02.re.get, d13.im.get), f64x2.add(d02.im.get, d13.re.get)),
    ];
  }

  function radix2(): Code {
    const [x0, x1] = inputs;
    return [
      f64x2.store(a.get, f64x2.add(x0.re.get, x1.re.get), 0),
      f64x2.store(a.get, f64x2.add(x0.im.get, x1.im.get), 16),
      f64x2.store(a.get, f64x2.sub(x0.re.get, x1.re.get), POINT),
      f64x2.store(a.get, f64x2.sub(x0.im.get, x1.im.get), POINT + 16),
    ];
  }

  /** Untangles the spectrum of the real samples, bins k and M − k at once, into powers. The window was halved for it. */
  function power(): Code {
    const [z, h, even, odd] = inputs;
    const [turned] = sums;
    const square = (x: Code): Code => f64x2.mul(x, x);
    const ends = [-1, 1].map((sign): Code => {
      const x = f64x2.load(i32.const(layout.points));
      const y = f64x2.load(i32.const(layout.points), 16);
      const sum = sign === 1 ? f64x2.add(x, y) : f64x2.sub(x, y);
      const bin = i32.const(layout.spectrum + (sign === 1 ? 0 : 16 * points));
      return [z.re.set(sum), f64x2.store(bin, f64x2.mul(f64x2.const(4), square(z.re.get)))];
    });
    const wr = f64x2.loadSplat(d.get);
    const wi = f64x2.loadSplat(d.get, SCALAR);
    const inner = [
      z.re.set(f64x2.load(a.get)),
      z.im.set(f64x2.load(a.get, 16)),
      h.re.set(f64x2.load(b.get)),
      h.im.set(f64x2.load(b.get, 16)),
      even.re.set(f64x2.add(z.re.get, h.re.get)),
      even.im.set(f64x2.sub(z.im.get, h.im.get)),
      odd.re.set(f64x2.add(z.im.get, h.im.get)),
      odd.im.set(f64x2.sub(h.re.get, z.re.get)),
      turned.re.set(f64x2.add(f64x2.mul(odd.re.get, wr), f64x2.mul(odd.im.get, wi))),
      turned.im.set(f64x2.sub(f64x2.mul(odd.im.get, wr), f64x2.mul(odd.re.get, wi))),
      z.re.set(f64x2.add(even.re.get, turned.re.get)),
      z.im.set(f64x2.add(even.im.get, turned.im.get)),
      f64x2.store(c.get, f64x2.add(square(z.re.get), square(z.im.get))),
      h.re.set(f64x2.sub(even.re.get, turned.re.get)),
      h.im.set(f64x2.sub(turned.im.get, even.im.get)),
      f64x2.store(mirrorOf(c), f64x2.add(square(h.re.get), square(h.im.get))),
    ];
    return [
      ends,
      a.set(i32.const(layout.points + POINT)),
      b.set(i32.const(layout.points + (points - 1) * POINT)),
      c.set(i32.const(layout.spectrum + 16)),
      d.set(i32.const(layout.untangle)),
      repeat(
        inner,
        [
          [a, POINT],
          [b, -POINT],
          [c, 16],
          [d, 2 * SCALAR],
        ],
        i32.lessThan(a.get, i32.const(layout.points + (points / 2 + 1) * POINT)),
      ),
    ];
  }

  /** Address of the bin that mirrors the one at `bin`. */
  function mirrorOf(bin: Local): Code {
    return i32.sub(i32.const(2 * layout.spectrum + 16 * points), bin.get);
  }

  /**
   * Square roots of the powers: of two bins at once in float32, twice as fast, where the logarithm's floor hides all below what that
   * holds (magnitudes of 1e-19; above 1e19, which no recording has, they are infinite). A root is rounded as the band will be.
   */
  function magnitudes(): Code {
    const { log } = config;
    const floor = log.kind === 'ln' ? log.eps : log.kind === 'db' ? log.amin : 0;
    if (floor < LEAST_FLOOR) return overSpectrum(f64x2.sqrt(f64x2.load(a.get)));
    const roots = sums[0].re;
    const halves = [0, 16].map((offset) => f64x2.toFloat32(f64x2.load(a.get, offset))) as [Code, Code];
    return [
      a.set(i32.const(layout.spectrum + 16 * layout.firstBin)),
      repeat(
        [
          roots.set(f32x4.sqrt(f64x2.firsts(...halves))),
          f64x2.store(a.get, f64x2.ofFloat32(roots.get)),
          f64x2.store(a.get, f64x2.ofFloat32(f64x2.seconds(roots.get, roots.get)), 16),
        ],
        [[a, 32]],
        i32.lessThan(a.get, i32.const(layout.spectrum + 16 * layout.endBin)),
      ),
    ];
  }

  /** Replaces every bin that has a weight, at address `a`, by `value`. */
  function overSpectrum(value: Code, steps: readonly (readonly [Local, number])[] = []): Code {
    const end = layout.spectrum + 16 * layout.endBin;
    return [
      a.set(i32.const(layout.spectrum + 16 * layout.firstBin)),
      repeat(f64x2.store(a.get, value), [[a, 16], ...steps], i32.lessThan(a.get, i32.const(end))),
    ];
  }

  function scaledBin(): Code {
    return f64x2.mul(f64x2.load(a.get), f64x2.loadSplat(b.get));
  }

  /** Weighted sums of bins, two bins at a time, to `sums`. */
  function filterbank(): Code {
    const { re: even, im: odd } = sums[0];
    const term = (i: number): Code =>
      f64x2.mul(f64x2.loadSplat(b.get, i * SCALAR), f64x2.load(a.get, layout.spectrum + i * 16));
    const band = [
      even.set(f64x2.const(0)),
      odd.set(f64x2.const(0)),
      a.set(i32.load(c.get)),
      d.set(i32.load(c.get, 4)),
      when(
        i32.lessThan(b.get, d.get),
        repeat(
          [even.set(f64x2.add(even.get, term(0))), odd.set(f64x2.add(odd.get, term(1)))],
          [
            [a, 32],
            [b, 2 * SCALAR],
          ],
          i32.lessThan(b.get, d.get),
        ),
      ),
      f64x2.store(e.get, f64x2.add(even.get, odd.get)),
    ];
    return [
      b.set(i32.const(layout.weights)),
      c.set(i32.const(layout.bands)),
      e.set(i32.const(layout.sums)),
      repeat(
        band,
        [
          [c, 8],
          [e, 16],
        ],
        i32.lessThan(e.get, i32.const(layout.sums + 16 * config.bands)),
      ),
    ];
  }

  /** `sums` through the logarithm, to the two columns at `out`. */
  function results(): Code {
    const [{ re: x, im: exponent }, { re: scratch }] = sums;
    const { log } = config;
    const floored = log.kind === 'db' ? f64x2.max(x.get, f64x2.const(log.amin)) : x.get;
    const argument = log.kind === 'ln' ? f64x2.add(x.get, f64x2.const(log.eps)) : floored;
    const compress = log.kind === 'none' ? [] : [x.set(argument), naturalLogarithm(x, exponent, scratch)];
    const inDecibels = log.kind === 'db' ? x.set(f64x2.mul(x.get, f64x2.const(10 / Math.LN10))) : [];
    return [
      a.set(i32.const(layout.sums)),
      b.set(out.get),
      repeat(
        [
          x.set(f64x2.load(a.get)),
          compress,
          inDecibels,
          storeFloat32Pair(b.get, f64x2.toFloat32(x.get)),
          b.set(i32.add(b.get, rowBytes.get)),
        ],
        [[a, 16]],
        i32.lessThan(a.get, i32.const(layout.sums + 16 * config.bands)),
      ),
    ];
  }
}
