/** Checksums of every byte, most significant bit first, start value 0. Source: RFC 9639, section 9. */
export function crcTable(polynomial: number, width: 8 | 16): Uint16Array {
  const top = 2 ** (width - 1);
  const mask = 2 ** width - 1;
  return Uint16Array.from({ length: 256 }, (_, byte) => {
    let crc = byte << (width - 8);
    for (let bit = 0; bit < 8; bit++) crc = ((crc << 1) ^ (crc & top ? polynomial : 0)) & mask;
    return crc;
  });
}
