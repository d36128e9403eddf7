import { pagedNumbers } from './paged-numbers.js';

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

/** Names from one that is stored whole to the next: more saves bytes, fewer saves time in `at`. */
const BLOCK = 16;
const MAX_SHARED = 255;
/** How full the table of hashes gets. Probing compares numbers next to each other, so that a full one is still quick. */
const MAX_LOAD = 0.9;
const FREE = 0;

/**
 * Front and back coding: a name is stored as the number of bytes it shares with the one before at its beginning and at its end,
 * and what is between. Official tables are sorted, so 36 bytes of a TAU 2022 name become about 5; unsorted names cost their
 * UTF-8 bytes and three to five. Look-ups go through an open-addressing table; a byte of each name's hash spares most
 * comparisons.
 */
export function packedNames(): PackedNames {
  const bytes = pagedNumbers();
  const blocks = pagedNumbers();
  /** Highest byte of each name's hash. */
  const tags = pagedNumbers();
  let length = 0;
  /** Index + 1 of the name in each slot. */
  let slots = new Uint32Array(1 << 8);
  let last = Buffer.alloc(0);
  let scratch = Buffer.alloc(1 << 10);

  const at = (index: number): string => {
    let offset = blocks.at(Math.floor(index / BLOCK));
    let size = 0;
    for (let i = index - (index % BLOCK); i <= index; i++) {
      const front = bytes.at(offset++);
      const back = bytes.at(offset++);
      let between = bytes.at(offset++);
      if (between === 0xff) {
        between = bytes.at(offset) + 256 * bytes.at(offset + 1);
        offset += 2;
      }
      if (front + between + back > scratch.length) scratch = Buffer.concat([scratch], 2 * (front + between + back));
      scratch.copyWithin(front + between, size - back, size);
      for (let k = front; k < front + between; k++) scratch[k] = bytes.at(offset++);
      size = front + between + back;
    }
    return scratch.toString('utf8', 0, size);
  };

  /** The slot that holds `name`, or the free one where it belongs. */
  const slotOf = (name: string, hash: number): number => {
    for (let slot = hash & (slots.length - 1); ; slot = (slot + 1) & (slots.length - 1)) {
      const found = slots[slot] as number;
      if (found === FREE || (tags.at(found - 1) === hash >>> 24 && at(found - 1) === name)) return slot;
    }
  };

  const enlarge = (): void => {
    slots = new Uint32Array(2 * slots.length);
    for (let i = 0; i < length; i++) {
      let slot = hashOf(at(i)) & (slots.length - 1);
      while (slots[slot] !== FREE) slot = (slot + 1) & (slots.length - 1);
      slots[slot] = i + 1;
    }
  };

  const store = (name: string): void => {
    const encoded = Buffer.from(name, 'utf8');
    let front = 0;
    let back = 0;
    if (length % BLOCK === 0) blocks.push(bytes.length);
    else {
      const most = Math.min(encoded.length, last.length);
      while (front < most && front < MAX_SHARED && encoded[front] === last[front]) front++;
      while (back < most - front && back < MAX_SHARED && encoded.at(-1 - back) === last.at(-1 - back)) back++;
    }
    const between = encoded.length - front - back;
    bytes.push(front);
    bytes.push(back);
    bytes.push(Math.min(between, 0xff));
    if (between >= 0xff) {
      bytes.push(between & 0xff);
      bytes.push(between >> 8);
    }
    for (let k = front; k < front + between; k++) bytes.push(encoded[k] as number);
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
    indexOf: (name) => (slots[slotOf(name, hashOf(name))] as number) - 1,
    add(name) {
      const hash = hashOf(name);
      if (slots[slotOf(name, hash)] !== FREE) return -1;
      if (length + 1 > MAX_LOAD * slots.length) enlarge();
      store(name);
      tags.push(hash >>> 24);
      slots[slotOf(name, hash)] = length + 1;
      return length++;
    },
  };
}

/** FNV-1a over UTF-16 units, with a last mix: neighbours differ in their last characters only. */
function hashOf(name: string): number {
  let hash = 0x811c9dc5;
  for (let i = 0; i < name.length; i++) hash = Math.imul(hash ^ name.charCodeAt(i), 0x01000193);
  hash = Math.imul(hash ^ (hash >>> 15), 0x2c1b3c6d);
  hash = Math.imul(hash ^ (hash >>> 12), 0x297a2d39);
  return (hash ^ (hash >>> 15)) >>> 0;
}
