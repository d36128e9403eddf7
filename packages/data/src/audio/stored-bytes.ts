/** Bytes of {@link storedBytes}. */
export function storedSize(channels: number, bits: number, count: number): number {
  return channels * Math.ceil(bits / 8) * count;
}

/**
 * Samples as the MD5 of a FLAC file runs over them: interleaved, little-endian, in whole bytes. With `room` the result is its
 * beginning.
 */
export function storedBytes(planes: readonly Int32Array[], bits: number, count: number, room?: Uint8Array): Uint8Array {
  const width = Math.ceil(bits / 8);
  const step = planes.length * width;
  const out = room?.subarray(0, count * step) ?? new Uint8Array(count * step);
  planes.forEach((plane, c) => {
    const first = c * width;
    // A loop a width: this is run over every sample that is decoded.
    if (width === 1) {
      for (let i = 0, at = first; i < count; i++, at += step) out[at] = plane[i]!;
    } else if (width === 2) {
      for (let i = 0, at = first; i < count; i++, at += step) {
        const value = plane[i]!;
        out[at] = value;
        out[at + 1] = value >> 8;
      }
    } else {
      for (let i = 0, at = first; i < count; i++, at += step) {
        const value = plane[i]!;
        out[at] = value;
        out[at + 1] = value >> 8;
        out[at + 2] = value >> 16;
      }
    }
  });
  return out;
}
