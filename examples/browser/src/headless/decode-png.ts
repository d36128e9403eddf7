import { inflateSync } from 'node:zlib';

/** A picture: red, green and blue of each pixel, row by row. */
export interface Picture {
  readonly width: number;
  readonly height: number;
  readonly pixels: Uint8Array;
}

const SIGNATURE = '89504e470d0a1a0a';
/** Bytes a pixel by the colour types that Chromium writes: RGB, and RGB with an alpha channel. */
const CHANNELS: Readonly<Record<number, number>> = { 2: 3, 6: 4 };

/** The pixels of a PNG of 8 bits a channel, not interlaced: what Chromium's screenshots are. @throws Error for another. */
export function decodePng(bytes: Buffer): Picture {
  if (bytes.toString('hex', 0, 8) !== SIGNATURE) throw new Error('not a PNG');
  const parts: Buffer[] = [];
  let [width, height, channels] = [0, 0, 0];
  for (let at = 8; at < bytes.length;) {
    const size = bytes.readUInt32BE(at);
    const kind = bytes.toString('latin1', at + 4, at + 8);
    const chunk = bytes.subarray(at + 8, at + 8 + size);
    if (kind === 'IHDR') {
      [width, height] = [chunk.readUInt32BE(0), chunk.readUInt32BE(4)];
      channels = CHANNELS[chunk[9]!] ?? 0;
      if (chunk[8] !== 8 || channels === 0 || chunk[12] !== 0) throw new Error('a kind of PNG nobody expected');
    }
    if (kind === 'IDAT') parts.push(chunk);
    at += size + 12;
  }
  const rows = inflateSync(Buffer.concat(parts));
  const stride = width * channels;
  const plain = new Uint8Array(height * stride);
  for (let y = 0; y < height; y++) {
    const filter = rows[y * (stride + 1)]!;
    for (let i = 0; i < stride; i++) {
      const at = y * stride + i;
      const left = i < channels ? 0 : plain[at - channels]!;
      const up = y === 0 ? 0 : plain[at - stride]!;
      const corner = i < channels || y === 0 ? 0 : plain[at - stride - channels]!;
      plain[at] = rows[y * (stride + 1) + 1 + i]! + predicted(filter, left, up, corner);
    }
  }
  const pixels = new Uint8Array(width * height * 3);
  for (let i = 0; i < width * height; i++) pixels.set(plain.subarray(i * channels, i * channels + 3), 3 * i);
  return { width, height, pixels };
}

/** What a row's filter adds to each byte. */
function predicted(filter: number, left: number, up: number, corner: number): number {
  if (filter === 1) return left;
  if (filter === 2) return up;
  if (filter === 3) return (left + up) >> 1;
  if (filter !== 4) return 0;
  const [a, b, c] = [Math.abs(up - corner), Math.abs(left - corner), Math.abs(left + up - 2 * corner)];
  return a <= b && a <= c ? left : b <= c ? up : corner;
}
