/** N as factors 4, 2, 3, 5, 7 in the order they are applied; `undefined` where a larger prime is left. */
export function radixFactors(length: number): readonly number[] | undefined {
  const factors: number[] = [];
  let rest = length;
  for (const radix of [4, 2, 3, 5, 7]) {
    while (rest % radix === 0) {
      factors.push(radix);
      rest /= radix;
    }
  }
  return rest === 1 ? factors : undefined;
}

interface Pass {
  readonly radix: number;
  /** Butterflies per stride: the sub-transform's length divided by the radix. */
  readonly count: number;
  readonly stride: number;
  /** (count, radix − 1, 2): e^{−2πi·jp/n} as real, imaginary. */
  readonly twiddles: Float64Array;
  /** (radix, 2): the roots of unity of the radix itself. */
  readonly roots: Float64Array;
}

function rootsOfUnity(n: number): Float64Array {
  const roots = new Float64Array(2 * n);
  for (let k = 0; k < n; k += 1) {
    const angle = (-2 * Math.PI * k) / n;
    roots[2 * k] = Math.cos(angle);
    roots[2 * k + 1] = Math.sin(angle);
  }
  return roots;
}

function planPasses(length: number, factors: readonly number[]): readonly Pass[] {
  const passes: Pass[] = [];
  let rest = length;
  let stride = 1;
  for (const radix of factors) {
    const count = rest / radix;
    const all = rootsOfUnity(rest);
    const twiddles = new Float64Array(2 * count * (radix - 1));
    let at = 0;
    for (let p = 0; p < count; p += 1) {
      for (let j = 1; j < radix; j += 1) {
        const root = (j * p) % rest;
        twiddles[at++] = all[2 * root]!;
        twiddles[at++] = all[2 * root + 1]!;
      }
    }
    passes.push({ radix, count, stride, twiddles, roots: rootsOfUnity(radix) });
    rest = count;
    stride *= radix;
  }
  return passes;
}

/**
 * Stockham's self-sorting FFT: every pass reads one buffer in order and writes the other in order, so no bit reversal.
 * One pass of radix r maps x[q + s(p + mk)] to y[q + s(rp + j)] = w^{jp} · Σ_k x_k e^{−2πi·jk/r}.
 */
export class MixedRadixFft {
  readonly length: number;
  readonly #passes: readonly Pass[];
  readonly #re: Float64Array;
  readonly #im: Float64Array;
  readonly #point = new Float64Array(14);

  constructor(length: number, factors: readonly number[]) {
    this.length = length;
    this.#passes = planPasses(length, factors);
    this.#re = new Float64Array(length);
    this.#im = new Float64Array(length);
  }

  transform(re: Float64Array, im: Float64Array): void {
    let [fromRe, fromIm, toRe, toIm] = [re, im, this.#re, this.#im];
    for (const pass of this.#passes) {
      if (pass.radix === 4) radix4(pass, fromRe, fromIm, toRe, toIm);
      else if (pass.radix === 2) radix2(pass, fromRe, fromIm, toRe, toIm);
      else radixAny(pass, fromRe, fromIm, toRe, toIm, this.#point);
      [fromRe, fromIm, toRe, toIm] = [toRe, toIm, fromRe, fromIm];
    }
    if (fromRe !== re) {
      re.set(fromRe);
      im.set(fromIm);
    }
  }
}

/**
 * The pass that nearly all the time goes to. Its first butterflies (p = 0, the whole last pass) have no twiddles, and `| 0`
 * tells the engine that indices stay 32-bit: together 30 % of a 1024-point transform.
 */
function radix4(pass: Pass, xr: Float64Array, xi: Float64Array, yr: Float64Array, yi: Float64Array): void {
  const { count, twiddles } = pass;
  const s1 = pass.stride | 0;
  const s2 = (2 * s1) | 0;
  const s3 = (3 * s1) | 0;
  const m1 = (count * s1) | 0;
  const m2 = (2 * m1) | 0;
  const m3 = (3 * m1) | 0;
  for (let q = 0; q < s1; q = (q + 1) | 0) {
    const ar = xr[q]!;
    const ai = xi[q]!;
    const br = xr[(q + m1) | 0]!;
    const bi = xi[(q + m1) | 0]!;
    const cr = xr[(q + m2) | 0]!;
    const ci = xi[(q + m2) | 0]!;
    const dr = xr[(q + m3) | 0]!;
    const di = xi[(q + m3) | 0]!;
    yr[q] = ar + cr + (br + dr);
    yi[q] = ai + ci + (bi + di);
    yr[(q + s1) | 0] = ar - cr + (bi - di);
    yi[(q + s1) | 0] = ai - ci + (dr - br);
    yr[(q + s2) | 0] = ar + cr - (br + dr);
    yi[(q + s2) | 0] = ai + ci - (bi + di);
    yr[(q + s3) | 0] = ar - cr - (bi - di);
    yi[(q + s3) | 0] = ai - ci - (dr - br);
  }
  for (let p = 1; p < count; p = (p + 1) | 0) {
    const w = (6 * p) | 0;
    const w1r = twiddles[w]!;
    const w1i = twiddles[(w + 1) | 0]!;
    const w2r = twiddles[(w + 2) | 0]!;
    const w2i = twiddles[(w + 3) | 0]!;
    const w3r = twiddles[(w + 4) | 0]!;
    const w3i = twiddles[(w + 5) | 0]!;
    const end = ((p + 1) * s1) | 0;
    for (let q = (p * s1) | 0, o = (4 * q) | 0; q < end; q = (q + 1) | 0, o = (o + 1) | 0) {
      const ar = xr[q]!;
      const ai = xi[q]!;
      const br = xr[(q + m1) | 0]!;
      const bi = xi[(q + m1) | 0]!;
      const cr = xr[(q + m2) | 0]!;
      const ci = xi[(q + m2) | 0]!;
      const dr = xr[(q + m3) | 0]!;
      const di = xi[(q + m3) | 0]!;
      const y1r = ar - cr + (bi - di);
      const y1i = ai - ci + (dr - br);
      const y2r = ar + cr - (br + dr);
      const y2i = ai + ci - (bi + di);
      const y3r = ar - cr - (bi - di);
      const y3i = ai - ci - (dr - br);
      yr[o] = ar + cr + (br + dr);
      yi[o] = ai + ci + (bi + di);
      yr[(o + s1) | 0] = y1r * w1r - y1i * w1i;
      yi[(o + s1) | 0] = y1r * w1i + y1i * w1r;
      yr[(o + s2) | 0] = y2r * w2r - y2i * w2i;
      yi[(o + s2) | 0] = y2r * w2i + y2i * w2r;
      yr[(o + s3) | 0] = y3r * w3r - y3i * w3i;
      yi[(o + s3) | 0] = y3r * w3i + y3i * w3r;
    }
  }
}

function radix2(pass: Pass, xr: Float64Array, xi: Float64Array, yr: Float64Array, yi: Float64Array): void {
  const { count, stride, twiddles } = pass;
  const step = count * stride;
  for (let p = 0; p < count; p += 1) {
    const wr = twiddles[2 * p]!;
    const wi = twiddles[2 * p + 1]!;
    let o = 2 * p * stride;
    const end = (p + 1) * stride;
    for (let i0 = p * stride; i0 < end; i0 += 1, o += 1) {
      const i1 = i0 + step;
      const dr = xr[i0]! - xr[i1]!;
      const di = xi[i0]! - xi[i1]!;
      yr[o] = xr[i0]! + xr[i1]!;
      yi[o] = xi[i0]! + xi[i1]!;
      yr[o + stride] = dr * wr - di * wi;
      yi[o + stride] = dr * wi + di * wr;
    }
  }
}

/** Radix 3, 5 and 7 by the defining sum: rare lengths, so one short loop instead of three unrolled ones. */
function radixAny(
  pass: Pass,
  xr: Float64Array,
  xi: Float64Array,
  yr: Float64Array,
  yi: Float64Array,
  point: Float64Array,
): void {
  const { radix, count, stride, twiddles, roots } = pass;
  const step = count * stride;
  for (let p = 0; p < count; p += 1) {
    for (let q = 0; q < stride; q += 1) {
      const from = q + stride * p;
      for (let k = 0; k < radix; k += 1) {
        point[2 * k] = xr[from + k * step]!;
        point[2 * k + 1] = xi[from + k * step]!;
      }
      const to = q + stride * radix * p;
      for (let j = 0; j < radix; j += 1) {
        let sr = point[0]!;
        let si = point[1]!;
        let root = 0;
        for (let k = 1; k < radix; k += 1) {
          root += j;
          if (root >= radix) root -= radix;
          const cr = roots[2 * root]!;
          const ci = roots[2 * root + 1]!;
          const pr = point[2 * k]!;
          const pi = point[2 * k + 1]!;
          sr += pr * cr - pi * ci;
          si += pr * ci + pi * cr;
        }
        const o = to + j * stride;
        if (j === 0) {
          yr[o] = sr;
          yi[o] = si;
        } else {
          const w = 2 * (p * (radix - 1) + j - 1);
          yr[o] = sr * twiddles[w]! - si * twiddles[w + 1]!;
          yi[o] = sr * twiddles[w + 1]! + si * twiddles[w]!;
        }
      }
    }
  }
}
