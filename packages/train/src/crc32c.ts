const POLYNOMIAL = 0x82f63b78;

/** CRC-32C (Castagnoli) of bytes, as RFC 3720 says. Bit by bit: for records of a few hundred bytes. */
export function crc32c(bytes: Uint8Array): number {
  let crc = 0xffffffff;
  for (const byte of bytes) {
    crc ^= byte;
    for (let bit = 0; bit < 8; bit++) crc = (crc >>> 1) ^ (crc & 1 ? POLYNOMIAL : 0);
  }
  return ~crc >>> 0;
}
