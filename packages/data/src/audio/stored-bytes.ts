/** Samples as the MD5 of a FLAC file runs over them: interleaved, little-endian, in whole bytes. */
export function storedBytes(planes: readonly Int32Array[], bits: number, count: number): Uint8Array {
  const width = Math.ceil(bits / 8);
  const out = new Uint8Array(count * planes.length * width);
  planes.forEach((plane, c) => {
    for (let i = 0, at = c * width; i < count; i++, at += planes.length * width) {
      const value = plane[i]!;
      for (let b = 0; b < width; b++) out[at + b] = value >> (8 * b);
    }
  });
  return out;
}
