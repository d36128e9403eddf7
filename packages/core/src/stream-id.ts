import { describeValue } from './describe-value.js';
import { UsageError } from './errors.js';
import { philox } from './philox.js';

/** 128 bits that name one stream of random numbers (4 words). */
export type StreamId = Uint32Array;

const STRING = 1;
const NUMBER = 2;

/** The name every path starts from: "asc rng, version 1". Changing it changes every seeded result. */
export function rootStreamId(): StreamId {
  return Uint32Array.of(0x61736320, 0x726e672c, 0x20763120, 0);
}

/**
 * The name of the child `key` of `parent`. Each key is encoded with its type and length first, so `1` and `'1'`, or
 * `('a', 'b')` and `('ab')`, are different paths; strings count as UTF-16, numbers as their float64 bits (−0 is 0).
 *
 * @throws UsageError for a key that is neither a string nor a finite number.
 */
export function childStreamId(parent: StreamId, key: string | number): StreamId {
  const id = Uint32Array.from(parent);
  const scratch = new Uint32Array(4);
  if (typeof key === 'string') {
    absorb(id, scratch, STRING, key.length);
    for (let i = 0; i < key.length; i += 4) {
      absorb(id, scratch, unitPair(key, i), unitPair(key, i + 2));
    }
  } else if (typeof key === 'number' && Number.isFinite(key)) {
    const bits = new DataView(new ArrayBuffer(8));
    bits.setFloat64(0, key === 0 ? 0 : key);
    absorb(id, scratch, NUMBER, 0);
    absorb(id, scratch, bits.getUint32(0), bits.getUint32(4));
  } else {
    throw new UsageError({
      what: 'A seed or stream key cannot name a stream of random numbers.',
      expected: 'a string or a finite number',
      received: describeValue(key),
    });
  }
  return id;
}

/** One step of a Davies–Meyer hash with Philox as the block cipher: id ← philox(id; message) xor id. */
function absorb(id: StreamId, scratch: Uint32Array, message0: number, message1: number): void {
  const [a = 0, b = 0, c = 0, d = 0] = id;
  philox(scratch, a, b, c, d, message0, message1);
  for (let i = 0; i < 4; i++) id[i] = (id[i] ?? 0) ^ (scratch[i] ?? 0);
}

/** Two UTF-16 code units as one word; nothing past the end. */
function unitPair(text: string, at: number): number {
  const low = at < text.length ? text.charCodeAt(at) : 0;
  const high = at + 1 < text.length ? text.charCodeAt(at + 1) : 0;
  return low | (high << 16);
}
