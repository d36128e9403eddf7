/** 2^-32: from a 64-bit product to its high word. */
const HIGH = 2 ** -32;

/**
 * High 32 bits of the 64-bit product of two unsigned words. The double product is off by at most 2^11, and what is left
 * after removing the exact low word is a multiple of 2^32, so rounding to the nearest finds it.
 */
function highProduct(a: number, b: number, low: number): number {
  return ((a * b - (low >>> 0)) * HIGH + 0.5) >>> 0;
}

/**
 * One block of Philox4x32-10: four random words from a 128-bit counter and a 64-bit key, written to `out` (4).
 *
 * Source: Salmon, Moraes, Dror, Shaw, "Parallel random numbers: as easy as 1, 2, 3", SC 2011; checked against the
 * known-answer vectors of its Random123 library.
 */
export function philox(
  out: Uint32Array,
  counter0: number,
  counter1: number,
  counter2: number,
  counter3: number,
  key0: number,
  key1: number,
): void {
  let c0 = counter0 >>> 0;
  let c1 = counter1 | 0;
  let c2 = counter2 >>> 0;
  let c3 = counter3 | 0;
  let k0 = key0 | 0;
  let k1 = key1 | 0;
  for (let round = 0; round < 10; round++) {
    const low0 = Math.imul(0xd2511f53, c0);
    const low2 = Math.imul(0xcd9e8d57, c2);
    const high0 = highProduct(0xd2511f53, c0, low0);
    const high2 = highProduct(0xcd9e8d57, c2, low2);
    c0 = (high2 ^ c1 ^ k0) >>> 0;
    c1 = low2;
    c2 = (high0 ^ c3 ^ k1) >>> 0;
    c3 = low0;
    k0 = (k0 + 0x9e3779b9) | 0;
    k1 = (k1 + 0xbb67ae85) | 0;
  }
  out[0] = c0;
  out[1] = c1;
  out[2] = c2;
  out[3] = c3;
}
