import { f64x2, i64x2, type Code, type Local } from '@asc/core/wasm';

/**
 * ln of normal positive numbers in place: x = m·2ᵉ with m in [√½, √2), ln x = e·ln 2 + 2·artanh s, s = (m − 1)/(m + 1).
 * |s| < 0.1716, so eight terms of artanh s = s + s³/3 + s⁵/5 … leave less than 2e-14, far below the float32 it becomes.
 */
export function naturalLogarithm(x: Local, exponent: Local, scratch: Local): Code {
  // Bits of √½, cut: adding (bits of 1 − bits of √½) carries into the exponent exactly where the mantissa is above √2.
  const [one, root] = [0x3ff00000, 0x3fe6a09e];
  const twoTo52 = 0x43300000;
  let series = f64x2.const(2 / 15);
  for (let n = 13; n >= 1; n -= 2) series = f64x2.add(f64x2.mul(series, scratch.get), f64x2.const(2 / n));
  return [
    x.set(i64x2.add(x.get, i64x2.const(one - root, 0))),
    // The biased exponent as a float64: written into the low bits of 2⁵², which is then subtracted.
    exponent.set(
      f64x2.sub(i64x2.or(i64x2.shiftRight(x.get, 52), i64x2.const(twoTo52, 0)), f64x2.const(2 ** 52 + 1023)),
    ),
    x.set(i64x2.add(i64x2.and(x.get, i64x2.const(0x000fffff, 0xffffffff)), i64x2.const(root, 0))),
    x.set(f64x2.div(f64x2.sub(x.get, f64x2.const(1)), f64x2.add(x.get, f64x2.const(1)))),
    scratch.set(f64x2.mul(x.get, x.get)),
    x.set(f64x2.add(f64x2.mul(exponent.get, f64x2.const(Math.LN2)), f64x2.mul(x.get, series))),
  ];
}
