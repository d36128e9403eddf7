/** Two 32-bit hashes over the bytes, and the length: equal content gives an equal key, other content practically never. */
export function contentKey(data: ArrayBufferView): string {
  const bytes = new Uint8Array(data.buffer, data.byteOffset, data.byteLength);
  let a = 0x811c9dc5;
  let b = 0x9747b28c;
  for (let i = 0; i < bytes.length; i++) {
    a = Math.imul(a ^ bytes[i]!, 0x01000193);
    b = Math.imul(b + bytes[i]!, 0x85ebca6b) ^ (b >>> 13);
  }
  return `${bytes.length}:${a >>> 0}:${b >>> 0}`;
}
