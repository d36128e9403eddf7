import { I32, i32, Locals, repeat, when } from '@asc/core/wasm';
import type { Code, WasmFunction } from '@asc/core/wasm';
import { crcTable } from './flac-crc.js';

const BYTES = 8;
const TABLE_BYTES = 2 * 256;

/** What a byte does to a frame's checksum, alone and with one to seven bytes behind it. */
export function checksumTables(): Uint16Array {
  const tables = [crcTable(0x8005, 16)];
  while (tables.length < BYTES) tables.push(tables.at(-1)!.map((sum) => ((sum << 8) & 0xff00) ^ tables[0]![sum >> 8]!));
  return Uint16Array.from(tables.flatMap((table) => [...table]));
}

/**
 * A frame's checksum: polynomial 0x8005, eight bytes a step.
 *
 * `checksum(at, end) → sum`: byte addresses; {@link checksumTables} lie at `tables`. Source: RFC 9639, section 9.3.
 */
export function checksumKernel(tables: number): WasmFunction {
  const locals = new Locals();
  const [at, end] = [locals.parameter(I32), locals.parameter(I32)];
  const sum = locals.local(I32);
  const lookUp = (byte: Code, behind: number): Code =>
    i32.loadShort(i32.shiftLeft(byte, i32.const(1)), tables + behind * TABLE_BYTES);
  const [high, low] = [i32.shiftRightUnsigned(sum.get, i32.const(8)), i32.and(sum.get, i32.const(255))];
  const lookUps = Array.from({ length: BYTES }, (_, i) => {
    const byte = i32.loadByte(at.get, i);
    return lookUp(i === 0 ? i32.xor(byte, high) : i === 1 ? i32.xor(byte, low) : byte, BYTES - 1 - i);
  });
  const eightMore = i32.lessThan(i32.add(at.get, i32.const(BYTES - 1)), end.get);
  const more = i32.lessThan(at.get, end.get);
  const one = i32.xor(
    i32.and(i32.shiftLeft(sum.get, i32.const(8)), i32.const(0xff00)),
    lookUp(i32.xor(i32.loadByte(at.get), high), 0),
  );
  const body = [
    when(eightMore, repeat(sum.set(lookUps.reduce((a, b) => i32.xor(a, b))), [[at, BYTES]], eightMore)),
    when(more, repeat(sum.set(one), [[at, 1]], more)),
    sum.get,
  ];
  return { name: 'checksum', locals, result: I32, body };
}
