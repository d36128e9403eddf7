import { crc32c } from './crc32c.js';

const HEADER = 12;
const FOOTER = 4;

/** A payload framed as a TFRecord: length (8 bytes), its masked CRC-32C, the payload, its masked CRC-32C, little-endian. */
export function encodeRecord(payload: Uint8Array): Uint8Array {
  const record = new Uint8Array(HEADER + payload.length + FOOTER);
  const view = new DataView(record.buffer);
  view.setBigUint64(0, BigInt(payload.length), true);
  view.setUint32(8, masked(record.subarray(0, 8)), true);
  record.set(payload, HEADER);
  view.setUint32(HEADER + payload.length, masked(payload), true);
  return record;
}

/** The payloads of whole records, up to the end or the first that is torn or damaged. */
export function decodeRecords(bytes: Uint8Array): Uint8Array[] {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  const payloads: Uint8Array[] = [];
  let at = 0;
  while (at + HEADER + FOOTER <= bytes.length) {
    const length = Number(view.getBigUint64(at, true));
    const end = at + HEADER + length + FOOTER;
    if (view.getUint32(at + 8, true) !== masked(bytes.subarray(at, at + 8)) || end > bytes.length) break;
    const payload = bytes.subarray(at + HEADER, end - FOOTER);
    if (view.getUint32(end - FOOTER, true) !== masked(payload)) break;
    payloads.push(payload);
    at = end;
  }
  return payloads;
}

/** A checksum of data that may itself hold checksums is rotated and shifted. Source: TensorFlow's `crc32c.h`. */
function masked(bytes: Uint8Array): number {
  const crc = crc32c(bytes);
  return (((crc >>> 15) | (crc << 17)) + 0xa282ead8) >>> 0;
}
