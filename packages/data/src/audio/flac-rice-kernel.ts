import { again, giveBack, I32, i32, I64, i64, leave, Locals, loop, when } from '@asc/core/wasm';
import type { Code, Local, WasmFunction } from '@asc/core/wasm';

/** The code does not end within the bytes at hand. */
export const RUNS_OUT = -1;
/** Most bits a look at the stream gives, wherever it begins. */
const SURE_BITS = 57;
/** A code is mostly one or two bits longer than its parameter says; the rest is for longer ones. */
const TYPICAL_BITS = 3;

/**
 * Reads zigzag-folded Rice codes as 32-bit integers.
 *
 * `rice(position, k, out, end, endBits, top) → position`, or {@link RUNS_OUT}: bit of the stream where the first code starts,
 * its parameter, byte addresses of the integers and of their end, bits of the stream, and the byte address that its bytes end
 * at in reverse order, so that one load gives 64 bits in the order of the stream. Several codes are taken out of one load, as
 * many as mostly lie in it. Behind the stream lie zeros. Source of the code: RFC 9639, section 9.2.7.
 */
export function riceKernel(): WasmFunction {
  const locals = new Locals();
  const parameter = (): Local => locals.parameter(I32);
  const [position, k, out] = [parameter(), parameter(), parameter()];
  const [end, endBits, top] = [parameter(), parameter(), parameter()];
  const long = (): Local => locals.local(I64);
  const [parameterBits, behindOne, keptBits] = [long(), long(), long()];
  const [word, used, next, zeros, run] = [long(), long(), long(), long(), long()];
  const [base, folded] = [locals.local(I32), locals.local(I32)];

  const addressOf = i32.sub(top.get, i32.shiftRightUnsigned(position.get, i32.const(3)));
  const bitInByte = i32.and(position.get, i32.const(7));
  /** The bits from `position` on, at least {@link SURE_BITS} of them, then zeros. */
  const look = i64.shiftLeft(i64.load(i32.sub(addressOf, i32.const(8))), i64.ofUnsigned(bitInByte));
  const stopAtEnd = when(i32.lessThan(position.get, endBits.get), [], giveBack(i32.const(RUNS_OUT)));
  const keep: Code = [
    i32.store(
      out.get,
      i32.xor(
        i32.shiftRightUnsigned(folded.get, i32.const(1)),
        i32.sub(i32.const(0), i32.and(folded.get, i32.const(1))),
      ),
    ),
    out.set(i32.add(out.get, i32.const(4))),
  ];

  /** A code longer than one look: zeros without limit, a 1, `k` bits. */
  const longCode: Code = [
    run.set(i64.const(0)),
    loop([
      stopAtEnd,
      word.set(look),
      when(i64.isZero(word.get), [
        run.set(i64.add(run.get, i64.ofUnsigned(i32.sub(i32.const(64), bitInByte)))),
        position.set(i32.add(position.get, i32.sub(i32.const(64), bitInByte))),
        again(1),
      ]),
    ]),
    zeros.set(i64.leadingZeros(word.get)),
    run.set(i64.add(run.get, zeros.get)),
    position.set(i32.add(position.get, i32.add(i32.wrap(zeros.get), i32.const(1)))),
    // Two shifts, as there is none by 64.
    word.set(i64.shiftRightUnsigned(i64.shiftRightUnsigned(look, i64.const(1)), keptBits.get)),
    folded.set(i32.wrap(i64.or(i64.shiftLeft(run.get, parameterBits.get), word.get))),
    position.set(i32.add(position.get, k.get)),
    keep,
  ];

  /** The next code of a look; where it does not lie in it, `otherwise`. */
  const shortCode = (otherwise: Code): Code => [
    zeros.set(i64.leadingZeros(word.get)),
    next.set(i64.add(used.get, i64.add(zeros.get, behindOne.get))),
    when(i64.moreThan(next.get, i64.const(64)), otherwise),
    used.set(next.get),
    word.set(i64.shiftLeft(word.get, zeros.get)),
    // The 1 and the k bits behind it, so that no shift is by 64 where k is 0.
    folded.set(
      i32.wrap(
        i64.add(
          i64.shiftLeft(i64.sub(zeros.get, i64.const(1)), parameterBits.get),
          i64.shiftRightUnsigned(word.get, keptBits.get),
        ),
      ),
    ),
    word.set(i64.shiftLeft(word.get, behindOne.get)),
    keep,
  ];
  const moveOn = position.set(i32.add(base.get, i32.wrap(used.get)));

  /** Codes by `count` of a look, while so many are left. */
  const byGroups = (count: number): Code =>
    loop([
      when(i32.lessThan(end.get, i32.add(out.get, i32.const(4 * count))), leave(1)),
      stopAtEnd,
      word.set(look),
      used.set(i64.ofUnsigned(bitInByte)),
      base.set(i32.sub(position.get, bitInByte)),
      shortCode([longCode, again(1)]),
      Array.from({ length: count - 1 }, () => shortCode([moveOn, again(1)])),
      moveOn,
      again(),
    ]);

  const manyFit = (count: number): number => Math.floor(SURE_BITS / count) - TYPICAL_BITS;
  const body = [
    parameterBits.set(i64.ofUnsigned(k.get)),
    behindOne.set(i64.add(parameterBits.get, i64.const(1))),
    keptBits.set(i64.sub(i64.const(63), parameterBits.get)),
    [4, 3, 2].map((count) => when(i32.lessThan(k.get, i32.const(manyFit(count))), byGroups(count))),
    byGroups(1),
    position.get,
  ];
  return { name: 'rice', locals, result: I32, body };
}
