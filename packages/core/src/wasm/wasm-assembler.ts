/** Instructions of WebAssembly as nested lists of bytes: an operand's code comes before its operator. */
export type Code = readonly (number | Code)[];

/** Value types as the binary format has them. */
export const I32 = 0x7f;
export const I64 = 0x7e;
export const F64 = 0x7c;
export const V128 = 0x7b;
export type ValueType = typeof I32 | typeof I64 | typeof F64 | typeof V128;

/** What the kernels here use of WebAssembly, which the types of Node lack. */
export interface WasmApi {
  readonly Module: new (bytes: Uint8Array<ArrayBuffer>) => object;
  readonly Instance: new (
    module: object,
    imports: { readonly env: { readonly memory: WasmMemory } },
  ) => { readonly exports: Readonly<Record<string, unknown>> };
  readonly Memory: new (limits: { readonly initial: number }) => WasmMemory;
}

export interface WasmMemory {
  readonly buffer: ArrayBuffer;
  grow(pages: number): number;
}

/**
 * The WebAssembly of this place.
 *
 * @throws Error where there is none.
 */
export function wasmApi(): WasmApi {
  const { WebAssembly } = globalThis as unknown as { readonly WebAssembly?: WasmApi };
  if (WebAssembly === undefined) throw new Error('There is no WebAssembly here.');
  return WebAssembly;
}

function unsigned(value: number): number[] {
  const bytes: number[] = [];
  let rest = value;
  do {
    bytes.push((rest % 128) + (rest >= 128 ? 128 : 0));
    rest = Math.floor(rest / 128);
  } while (rest > 0);
  return bytes;
}

function signed(value: number): number[] {
  const bytes: number[] = [];
  for (let rest = value; ; rest >>= 7) {
    const low = rest & 127;
    const last = rest >> 7 === (low & 64 ? -1 : 0);
    bytes.push(last ? low : low | 128);
    if (last) return bytes;
  }
}

/** A little-endian float64. */
function double(value: number): number[] {
  return [...new Uint8Array(Float64Array.of(value).buffer)];
}

function simd(opcode: number): number[] {
  return [0xfd, ...unsigned(opcode)];
}

/** Instructions on 32-bit integers, which addresses are. */
export const i32 = {
  const: (value: number): Code => [0x41, signed(value)],
  add: (a: Code, b: Code): Code => [a, b, 0x6a],
  sub: (a: Code, b: Code): Code => [a, b, 0x6b],
  and: (a: Code, b: Code): Code => [a, b, 0x71],
  or: (a: Code, b: Code): Code => [a, b, 0x72],
  xor: (a: Code, b: Code): Code => [a, b, 0x73],
  shiftLeft: (a: Code, bits: Code): Code => [a, bits, 0x74],
  /** The sign bit is copied. */
  shiftRight: (a: Code, bits: Code): Code => [a, bits, 0x75],
  /** Zeros come in. */
  shiftRightUnsigned: (a: Code, bits: Code): Code => [a, bits, 0x76],
  select: (ifTrue: Code, ifFalse: Code, condition: Code): Code => [ifTrue, ifFalse, condition, 0x1b],
  /** Unsigned, as addresses are. */
  lessThan: (a: Code, b: Code): Code => [a, b, 0x49],
  isPositive: (a: Code): Code => [i32.const(0), a, 0x48],
  load: (address: Code, offset = 0): Code => [address, 0x28, 0, unsigned(offset)],
  /** One byte, made longer by zeros. */
  loadByte: (address: Code, offset = 0): Code => [address, 0x2d, 0, unsigned(offset)],
  /** Two bytes, made longer by zeros. */
  loadShort: (address: Code, offset = 0): Code => [address, 0x2f, 0, unsigned(offset)],
  store: (address: Code, value: Code, offset = 0): Code => [address, value, 0x36, 0, unsigned(offset)],
  /** The lower half of an {@link i64}. */
  wrap: (a: Code): Code => [a, 0xa7],
};

/** Instructions on 64-bit integers. Shifts take their count modulo 64. */
export const i64 = {
  const: (value: number): Code => [0x42, signed(value)],
  add: (a: Code, b: Code): Code => [a, b, 0x7c],
  sub: (a: Code, b: Code): Code => [a, b, 0x7d],
  mul: (a: Code, b: Code): Code => [a, b, 0x7e],
  or: (a: Code, b: Code): Code => [a, b, 0x84],
  shiftLeft: (a: Code, bits: Code): Code => [a, bits, 0x86],
  /** The sign bit is copied. */
  shiftRight: (a: Code, bits: Code): Code => [a, bits, 0x87],
  /** Zeros come in. */
  shiftRightUnsigned: (a: Code, bits: Code): Code => [a, bits, 0x88],
  /** Zero bits before the first 1: 64 of zero. */
  leadingZeros: (a: Code): Code => [a, 0x79],
  isZero: (a: Code): Code => [a, 0x50],
  /** Unsigned. */
  moreThan: (a: Code, b: Code): Code => [a, b, 0x56],
  /** An i32, made longer by zeros. */
  ofUnsigned: (a: Code): Code => [a, 0xad],
  load: (address: Code, offset = 0): Code => [address, 0x29, 0, unsigned(offset)],
  /** Four bytes, made longer by their sign. */
  loadInt32: (address: Code, offset = 0): Code => [address, 0x34, 0, unsigned(offset)],
  /** The lower half. */
  storeInt32: (address: Code, value: Code, offset = 0): Code => [address, value, 0x3e, 0, unsigned(offset)],
};

/** Instructions on two float64 in one register; loads and stores need no alignment. */
export const f64x2 = {
  const: (value: number): Code => [simd(0x0c), double(value), double(value)],
  load: (address: Code, offset = 0): Code => [address, simd(0x00), 0, unsigned(offset)],
  /** One float64 of memory in both lanes. */
  loadSplat: (address: Code, offset = 0): Code => [address, simd(0x0a), 0, unsigned(offset)],
  store: (address: Code, value: Code, offset = 0): Code => [address, value, simd(0x0b), 0, unsigned(offset)],
  add: (a: Code, b: Code): Code => [a, b, simd(0xf0)],
  sub: (a: Code, b: Code): Code => [a, b, simd(0xf1)],
  mul: (a: Code, b: Code): Code => [a, b, simd(0xf2)],
  div: (a: Code, b: Code): Code => [a, b, simd(0xf3)],
  max: (a: Code, b: Code): Code => [a, b, simd(0xf5)],
  /** Two float32 of memory, made longer. */
  loadFloat32: (address: Code): Code => [address, simd(0x5d), 0, 0, simd(0x5f)],
  splat: (a: Code): Code => [a, simd(0x14)],
  sqrt: (a: Code): Code => [a, simd(0xef)],
  /** The first lanes of `a` and `b`. */
  firsts: (a: Code, b: Code): Code => [a, b, simd(0x0d), lanes(0, 16)],
  /** The second lanes of `a` and `b`. */
  seconds: (a: Code, b: Code): Code => [a, b, simd(0x0d), lanes(8, 24)],
  /** Rounded to two float32, lanes 0 and 1 of four. */
  toFloat32: (a: Code): Code => [a, simd(0x5e)],
  /** Lanes 0 and 1 of four float32, made longer. */
  ofFloat32: (a: Code): Code => [a, simd(0x5f)],
};

/** Instructions on four float32 in one register. */
export const f32x4 = {
  sqrt: (a: Code): Code => [a, simd(0xe3)],
};

/** Instructions on two 64-bit integers in one register: the bits of two float64. */
export const i64x2 = {
  /** The same 64 bits in both lanes, from two halves. */
  const: (high: number, low: number): Code => {
    const bytes = [...new Uint8Array(Uint32Array.of(low, high).buffer)];
    return [simd(0x0c), bytes, bytes];
  },
  add: (a: Code, b: Code): Code => [a, b, simd(0xce)],
  and: (a: Code, b: Code): Code => [a, b, simd(0x4e)],
  or: (a: Code, b: Code): Code => [a, b, simd(0x50)],
  shiftRight: (a: Code, bits: number): Code => [a, i32.const(bits), simd(0xcd)],
};

/** Stores lanes 0 and 1 of four float32. */
export function storeFloat32Pair(address: Code, value: Code): Code {
  return [address, value, simd(0x5b), 0, 0, 0];
}

function lanes(first: number, second: number): number[] {
  return [first, second].flatMap((from) => Array.from({ length: 8 }, (_, i) => from + i));
}

/** A local variable of a function. */
export interface Local {
  readonly get: Code;
  set(value: Code): Code;
}

/** Collects the locals of one function: parameters first. */
export class Locals {
  readonly #parameters: ValueType[] = [];
  readonly #others: ValueType[] = [];

  parameter(type: ValueType): Local {
    return localAt(this.#parameters.push(type) - 1);
  }

  /** Declare all parameters before the first of these. */
  local(type: ValueType): Local {
    return localAt(this.#parameters.length + this.#others.push(type) - 1);
  }

  get parameters(): readonly ValueType[] {
    return this.#parameters;
  }

  get others(): readonly ValueType[] {
    return this.#others;
  }
}

function localAt(index: number): Local {
  const operand = unsigned(index);
  return { get: [0x20, operand], set: (value) => [value, 0x21, operand] };
}

/** Runs `body`, adds `steps` to their locals, and again while `condition` holds: at least once. */
export function repeat(body: Code, steps: readonly (readonly [Local, number])[], condition: Code): Code {
  const advance = steps.map(([local, step]) => local.set(i32.add(local.get, i32.const(step))));
  return [0x03, 0x40, body, advance, condition, 0x0d, 0, 0x0b];
}

/** Runs `body` where `condition` is not 0, `otherwise` where it is. */
export function when(condition: Code, body: Code, otherwise: Code = []): Code {
  return [condition, 0x04, 0x40, body, otherwise.length === 0 ? [] : [0x05, otherwise], 0x0b];
}

/** Runs `body`, whose {@link again} starts it anew; its end, and {@link leave}, go on behind it. */
export function loop(body: Code): Code {
  return [0x02, 0x40, 0x03, 0x40, body, 0x0b, 0x0b];
}

/** Inside {@link loop}, `depth` conditions deep. */
export function again(depth = 0): Code {
  return [0x0c, unsigned(depth)];
}

/** Inside {@link loop}, `depth` conditions deep. */
export function leave(depth = 0): Code {
  return [0x0c, unsigned(depth + 1)];
}

/** Ends the function with its result. */
export function giveBack(value: Code): Code {
  return [value, 0x0f];
}

/** One exported function; with a `result`, the body leaves it. */
export interface WasmFunction {
  readonly name: string;
  readonly locals: Locals;
  readonly result?: ValueType;
  readonly body: Code;
}

/** The bytes of a module that imports its memory as `env.memory` and exports `functions` by name. */
export function assembleModule(functions: readonly WasmFunction[]): Uint8Array<ArrayBuffer> {
  const text = (name: string): Code => [name.length, Array.from(name, (letter) => letter.charCodeAt(0))];
  const vector = (items: readonly Code[]): Code => [unsigned(items.length), items];
  const sized = (code: Code): Code => {
    const bytes = flatten(code);
    return [unsigned(bytes.length), bytes];
  };
  const sections: readonly (readonly [number, Code])[] = [
    [
      1,
      vector(
        functions.map(({ locals, result }) => [
          0x60,
          vector(locals.parameters.map((type) => [type])),
          result === undefined ? 0 : [1, result],
        ]),
      ),
    ],
    [2, vector([[text('env'), text('memory'), 2, 0, 1]])],
    [3, vector(functions.map((_, at) => [at]))],
    [7, vector(functions.map(({ name }, at) => [text(name), 0, at]))],
    [
      10,
      vector(functions.map(({ locals, body }) => sized([vector(locals.others.map((type) => [1, type])), body, 0x0b]))),
    ],
  ];
  return Uint8Array.from(flatten([[0, 0x61, 0x73, 0x6d, 1, 0, 0, 0], sections.map(([id, s]) => [id, sized(s)])]));
}

function flatten(code: Code): number[] {
  const bytes: number[] = [];
  const visit = (part: Code): void => {
    for (const item of part) {
      if (typeof item === 'number') bytes.push(item);
      else visit(item);
    }
  };
  visit(code);
  return bytes;
}
