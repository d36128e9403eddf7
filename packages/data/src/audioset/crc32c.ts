/** The polynomial of Castagnoli, bits reversed (RFC 3720). */
const POLYNOMIAL = 0x82f63b78;

/** A function that computes the CRC-32C of bytes. */
export function crc32c(): (bytes: Uint8Array) => number {
  const table = Uint32Array.from({ length: 256 }, (_, byte) => {
    let crc = byte;
    for (let bit = 0; bit < 8; bit++) crc = (crc >>> 1) ^ (crc & 1 ? POLYNOMIAL : 0);
    return crc >>> 0;
  });
  return (bytes) => {
    let crc = 0xffffffff;
    for (let i = 0; i < bytes.length; i++) {
      crc = (crc >>> 8) ^ (table[(crc ^ (bytes[i] as number)) & 0xff] as number);
    }
    return (crc ^ 0xffffffff) >>> 0;
  };
}

/** How TFRecord files store a checksum, so that sums of sums differ from sums of data. */
export function masked(crc: number): number {
  return (((crc >>> 15) | (crc << 17)) + 0xa282ead8) >>> 0;
}
