/** Numbers by name at a step, as TensorBoard draws them. */
export interface ScalarEvent {
  /** Seconds since 1970. */
  readonly wallTime: number;
  readonly step: number;
  /** Stored in single precision. */
  readonly scalars: Readonly<Record<string, number>>;
}

const VARINT = 0;
const FIXED64 = 1;
const BYTES = 2;
const FIXED32 = 5;

/** An `Event` message that holds a `Summary` of simple values. Source: TensorBoard's event.proto and summary.proto. */
export function encodeEvent({ wallTime, step, scalars }: ScalarEvent): Uint8Array {
  const values = Object.entries(scalars).map(([tag, value]) => {
    return field(1, BYTES, lengthOf([field(1, BYTES, lengthOf([utf8(tag)])), field(2, FIXED32, float32(value))]));
  });
  return Buffer.concat([
    ...time(wallTime),
    ...(step === 0 ? [] : [field(2, VARINT, varint(step))]),
    field(5, BYTES, lengthOf(values)),
  ]);
}

/** The `Event` message that comes first in a file. */
export function encodeVersion(wallTime: number): Uint8Array {
  return Buffer.concat([...time(wallTime), field(3, BYTES, lengthOf([utf8('brain.Event:2')]))]);
}

/** The step of an `Event` message; 0 where none is written, as in the first of a file. */
export function stepOf(event: Uint8Array): number {
  const view = new DataView(event.buffer, event.byteOffset, event.byteLength);
  let at = 0;
  const next = (): number => {
    let value = 0;
    for (let scale = 1; at < event.length; scale *= 128) {
      const byte = event[at++] as number;
      value += (byte & 127) * scale;
      if (byte < 128) break;
    }
    return value;
  };
  while (at < view.byteLength) {
    const key = next();
    if (key === 2 * 8 + VARINT) return next();
    const kind = key % 8;
    if (kind === VARINT) next();
    else if (kind === BYTES) at += next();
    else at += kind === FIXED64 ? 8 : 4;
  }
  return 0;
}

function field(number: number, kind: number, content: Uint8Array): Uint8Array {
  return Buffer.concat([varint(number * 8 + kind), content]);
}

function lengthOf(parts: readonly Uint8Array[]): Uint8Array {
  const content = Buffer.concat(parts);
  return Buffer.concat([varint(content.length), content]);
}

function time(wallTime: number): Uint8Array[] {
  if (wallTime === 0) return [];
  const bytes = Buffer.alloc(8);
  bytes.writeDoubleLE(wallTime);
  return [field(1, FIXED64, bytes)];
}

function float32(value: number): Uint8Array {
  const bytes = Buffer.alloc(4);
  bytes.writeFloatLE(value);
  return bytes;
}

function varint(value: number): Uint8Array {
  const bytes: number[] = [];
  let left = value;
  for (; left >= 128; left = Math.floor(left / 128)) bytes.push((left % 128) + 128);
  return Uint8Array.from([...bytes, left]);
}

function utf8(text: string): Uint8Array {
  return new TextEncoder().encode(text);
}
