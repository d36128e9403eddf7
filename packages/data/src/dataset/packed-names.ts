/** A list of different names that only grows, in few bytes: what a `Map<string, number>` and a `string[]` hold together. */
export interface PackedNames {
  readonly length: number;
  /** The name at `index`, made anew each time. */
  at(index: number): string;
  /** Where `name` stands, or −1. */
  indexOf(name: string): number;
  /** Puts `name` at the end and gives its index, or −1 where it stands already. */
  add(name: string): number;
}

/** Names between two that are stored whole: more saves bytes, fewer saves time in `at`. */
const BLOCK = 16;
const MAX_SHARED = 255;

/**
 * Front coding: a name is stored as the number of bytes it shares with the one before, and the rest. Official tables are
 * sorted, so 36 bytes of a TAU 2022 name become about 8; unsorted names cost their UTF-8 bytes and three. Look-ups go
 * through an open-addressing table of 32-bit hashes.
 */
export function packedNames(): PackedNames {
  let bytes = Buffer.alloc(1 << 12);
  let used = 0;
  let length = 0;
  let blocks = new Uint32Array(1 << 6);
  let hashes = new Uint32Array(1 << 8);
  let slots = new Int32Array(1 << 9).fill(-1);
  let last: Buffer = Buffer.alloc(0);
  let scratch = Buffer.alloc(1 << 10);

  const at = (index: number): string => {
    let offset = blocks[Math.floor(index / BLOCK)] ?? 0;
    let size = 0;
    for (let i = index - (index % BLOCK); i <= index; i++) {
      const shared = bytes[offset] ?? 0;
      const rest = bytes.readUInt16LE(offset + 1);
      offset += 3;
      size = shared + rest;
      if (size > scratch.length) scratch = Buffer.concat([scratch, Buffer.alloc(size)]);
      bytes.copy(scratch, shared, offset, offset + rest);
      offset += rest;
    }
    return scratch.toString('utf8', 0, size);
  };

  const find = (name: string, hash: number): number => {
    for (let slot = hash & (slots.length - 1); ; slot = (slot + 1) & (slots.length - 1)) {
      const index = slots[slot] ?? -1;
      if (index < 0) return -1;
      if (hashes[index] === hash && at(index) === name) return index;
    }
  };

  const store = (name: string): void => {
    const encoded = Buffer.from(name, 'utf8');
    let shared = 0;
    if (length % BLOCK === 0) {
      if (length / BLOCK === blocks.length) blocks = grown(blocks);
      blocks[length / BLOCK] = used;
    } else {
      const most = Math.min(encoded.length, last.length, MAX_SHARED);
      while (shared < most && encoded[shared] === last[shared]) shared++;
    }
    const rest = encoded.length - shared;
    while (used + 3 + rest > bytes.length) bytes = Buffer.concat([bytes], 2 * bytes.length);
    bytes[used] = shared;
    bytes.writeUInt16LE(rest, used + 1);
    encoded.copy(bytes, used + 3, shared);
    used += 3 + rest;
    last = encoded;
  };

  return {
    get length() {
      return length;
    },
    at(index) {
      if (Number.isInteger(index) && index >= 0 && index < length) return at(index);
      throw new RangeError(`no name ${index} among ${length}`);
    },
    indexOf: (name) => find(name, hashOf(name)),
    add(name) {
      const hash = hashOf(name);
      if (find(name, hash) >= 0) return -1;
      if (2 * (length + 1) > slots.length) {
        slots = new Int32Array(2 * slots.length).fill(-1);
        for (let i = 0; i < length; i++) slots[freeSlot(slots, hashes[i] ?? 0)] = i;
      }
      if (length === hashes.length) hashes = grown(hashes);
      store(name);
      slots[freeSlot(slots, hash)] = length;
      hashes[length] = hash;
      return length++;
    },
  };
}

function freeSlot(slots: Int32Array, hash: number): number {
  let slot = hash & (slots.length - 1);
  while ((slots[slot] ?? -1) >= 0) slot = (slot + 1) & (slots.length - 1);
  return slot;
}

/** The same numbers in twice the room. */
export function grown<T extends Uint16Array | Uint32Array | Int32Array>(array: T): T {
  const larger = new (array.constructor as new (length: number) => T)(2 * array.length);
  larger.set(array);
  return larger;
}

/** FNV-1a over UTF-16 units, with a last mix: neighbours differ in their last characters only. */
function hashOf(name: string): number {
  let hash = 0x811c9dc5;
  for (let i = 0; i < name.length; i++) hash = Math.imul(hash ^ name.charCodeAt(i), 0x01000193);
  hash = Math.imul(hash ^ (hash >>> 15), 0x2c1b3c6d);
  return (hash ^ (hash >>> 13)) >>> 0;
}
