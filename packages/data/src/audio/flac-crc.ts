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

/** A frame's checksum over bytes[from, to): polynomial 0x8005. Source: RFC 9639, section 9.3. */
export type FrameChecksum = (bytes: Uint8Array, from: number, to: number) => number;

/** Makes a {@link FrameChecksum} that takes four bytes a step, each through a table of what it does four, three, two and one bytes on. */
export function createFrameChecksum(): FrameChecksum {
  const one = crcTable(0x8005, 16);
  const on = (table: Uint16Array): Uint16Array => table.map((sum) => ((sum << 8) & 0xff00) ^ one[sum >> 8]!);
  const two = on(one);
  const three = on(two);
  const four = on(three);
  return (bytes, from, to) => {
    let sum = 0;
    let at = from;
    for (; at + 4 <= to; at += 4) {
      sum =
        four[(sum >> 8) ^ bytes[at]!]! ^
        three[(sum & 255) ^ bytes[at + 1]!]! ^
        two[bytes[at + 2]!]! ^
        one[bytes[at + 3]!]!;
    }
    for (; at < to; at++) sum = ((sum << 8) & 0xff00) ^ one[(sum >> 8) ^ bytes[at]!]!;
    return sum;
  };
}
