import { readFileSync } from 'node:fs';
import { fromBinary, toBinary } from '@bufbuild/protobuf';
import { describe, expect, test } from '@jest/globals';
import { DataError, UsageError } from '@asc/core';
import fc from 'fast-check';
import { ModelProtoSchema } from 'onnx-buf';
import { decodeOnnx } from './decode-onnx.js';
import { encodeOnnx } from './encode-onnx.js';
import type { OnnxAttribute, OnnxModel, OnnxTensor, OnnxType } from './onnx-model.js';
import { TENSOR_ARRAYS } from './tensor-data.js';

const GOLDEN = new URL('../../../../golden/onnx/', import.meta.url);

const text = fc.string({ unit: 'grapheme', maxLength: 12 });
const float32 = fc.float({ noNaN: false });
const whole = fc.oneof(fc.integer(), fc.maxSafeInteger(), fc.constant(2 ** 63));

const tensor: fc.Arbitrary<OnnxTensor> = fc
  .tuple(
    fc.constantFrom(...(Object.keys(TENSOR_ARRAYS) as OnnxType[])),
    fc.array(fc.nat({ max: 4 }), { maxLength: 3 }),
    fc.uint8Array({ minLength: 8 * 64, maxLength: 8 * 64 }),
  )
  .map(([type, shape, noise]) => {
    const length = shape.reduce((product, size) => product * size, 1);
    return { type, shape, data: new TENSOR_ARRAYS[type](noise.slice().buffer, 0, length).slice() };
  });

const attribute: fc.Arbitrary<OnnxAttribute> = fc.oneof(
  fc.record({ kind: fc.constant('int' as const), value: whole }),
  fc.record({ kind: fc.constant('float' as const), value: float32 }),
  fc.record({ kind: fc.constant('string' as const), value: text }),
  fc.record({ kind: fc.constant('ints' as const), value: fc.array(whole) }),
  fc.record({ kind: fc.constant('floats' as const), value: fc.array(float32) }),
  fc.record({ kind: fc.constant('strings' as const), value: fc.array(text) }),
  fc.record({ kind: fc.constant('tensor' as const), value: tensor }),
);

const info = fc.record({
  name: text,
  type: fc.constantFrom(...(Object.keys(TENSOR_ARRAYS) as OnnxType[])),
  shape: fc.array(fc.oneof(fc.nat(), text), { maxLength: 4 }),
});

const node = fc.record({
  op: text,
  domain: text.filter((domain) => domain !== 'ai.onnx'),
  name: text,
  inputs: fc.array(text, { maxLength: 3 }),
  outputs: fc.array(text, { maxLength: 3 }),
  attributes: fc.dictionary(text, attribute, { maxKeys: 3, noNullPrototype: true }),
});

const model: fc.Arbitrary<OnnxModel> = fc
  .record({
    irVersion: fc.integer({ min: 1, max: 20 }),
    producer: text,
    opsets: fc.dictionary(text, fc.integer({ min: 1, max: 30 }), { minKeys: 1, maxKeys: 3, noNullPrototype: true }),
    graphName: text,
    inputs: fc.array(info, { maxLength: 2 }),
    outputs: fc.array(info, { maxLength: 2 }),
    valueInfo: fc.array(info, { maxLength: 2 }),
    nodes: fc.array(node, { maxLength: 4 }),
    initializers: fc.array(fc.tuple(text, tensor), { maxLength: 3 }).map((entries) => new Map(entries)),
    metadata: fc.dictionary(text, text, { maxKeys: 3, noNullPrototype: true }),
  })
  .map((drawn) => ({ ...drawn, inputs: drawn.inputs.filter(({ name }) => !drawn.initializers.has(name)) }));

describe('encodeOnnx and decodeOnnx', () => {
  test('what was written is read back', () => {
    fc.assert(
      fc.property(model, (original) => {
        expect(decodeOnnx(encodeOnnx(original))).toEqual(original);
      }),
      { seed: 1, numRuns: 200 },
    );
  });

  test('an independent protobuf library reads the same message, and its packed rewriting decodes the same', () => {
    fc.assert(
      fc.property(model, (original) => {
        const bytes = encodeOnnx(original);
        const proto = fromBinary(ModelProtoSchema, bytes);
        expect(proto.producerName).toBe(original.producer);
        expect(proto.graph?.node.map(({ opType }) => opType)).toEqual(original.nodes.map(({ op }) => op));
        expect(proto.graph?.initializer.map(({ name }) => name)).toEqual([...original.initializers.keys()]);
        const rewritten = decodeOnnx(toBinary(ModelProtoSchema, proto));
        expect(rewritten).toEqual(decodeOnnx(bytes));
      }),
      { seed: 2, numRuns: 100 },
    );
  });

  test('bytes cut off or changed anywhere decode or raise DataError, never anything else', () => {
    const bytes = readFileSync(new URL('typed-fields.onnx', GOLDEN));
    const tryDecode = (damaged: Uint8Array): void => {
      try {
        decodeOnnx(damaged);
      } catch (error) {
        expect(error).toBeInstanceOf(DataError);
      }
    };
    for (let length = 0; length < bytes.length; length++) tryDecode(bytes.subarray(0, length));
    fc.assert(
      fc.property(fc.nat({ max: bytes.length - 1 }), fc.nat({ max: 255 }), (at, value) => {
        const damaged = Uint8Array.from(bytes);
        damaged[at] = value;
        tryDecode(damaged);
      }),
      { seed: 3, numRuns: 1000 },
    );
    fc.assert(fc.property(fc.uint8Array(), tryDecode), { seed: 4, numRuns: 500 });
  });

  test.each([
    ['no bytes', new Uint8Array(0)],
    ['text', new TextEncoder().encode('<!doctype html><title>404</title>')],
    ['zeros', new Uint8Array(64)],
  ])('%s is refused as no ONNX model', (_, bytes) => {
    expect(() => decodeOnnx(bytes)).toThrow(DataError);
    expect(() => decodeOnnx(bytes)).toThrow(/ONNX model/);
  });

  test('a hundred megabytes of weights encode and decode in linear time', () => {
    const initializers = new Map<string, OnnxTensor>();
    for (let i = 0; i < 10; i++) {
      initializers.set(`w${i}`, { type: 'float32', shape: [2_500_000], data: new Float32Array(2_500_000) });
    }
    const before = process.cpuUsage();
    const bytes = encodeOnnx({ ...EMPTY, initializers });
    expect(decodeOnnx(bytes).initializers.size).toBe(10);
    // About 0.1 s on one core; a quadratic writer needs tens of seconds.
    expect(process.cpuUsage(before).user / 1000).toBeLessThan(3000);
  });

  test('data that does not fit type, shape or kind is refused when writing', () => {
    const bad: OnnxTensor[] = [
      { type: 'float32', shape: [3], data: new Float32Array(2) },
      { type: 'float32', shape: [2], data: new Int32Array(2) },
    ];
    for (const value of bad) {
      expect(() => encodeOnnx({ ...EMPTY, initializers: new Map([['w', value]]) })).toThrow(UsageError);
    }
    const fraction = { op: 'A', domain: '', name: 'a', inputs: [], outputs: [] };
    const attributes = { axis: { kind: 'int' as const, value: 0.5 } };
    expect(() => encodeOnnx({ ...EMPTY, nodes: [{ ...fraction, attributes }] })).toThrow(/axis.*whole number/);
  });
});

describe('files written by the Python onnx package', () => {
  interface Golden {
    initializers: Record<string, { shape: number[]; data: (number | string | boolean)[] }>;
    nodes: { op: string; inputs: string[]; outputs: string[] }[];
  }
  const golden = JSON.parse(readFileSync(new URL('typed-fields.json', GOLDEN), 'utf8')) as Golden;
  const decoded = decodeOnnx(readFileSync(new URL('typed-fields.onnx', GOLDEN)));

  test('every initializer has the same values, bit for bit, wherever the file keeps them', () => {
    expect([...decoded.initializers.keys()]).toEqual(Object.keys(golden.initializers));
    for (const [name, { shape, data }] of Object.entries(golden.initializers)) {
      const read = decoded.initializers.get(name);
      expect(read?.shape).toEqual(shape);
      const expected = read?.data instanceof BigInt64Array ? data.map(BigInt) : data.map(Number);
      expect(Array.from<number | bigint>(read?.data ?? [])).toEqual(expected);
    }
  });

  test('nodes, attributes, shapes and metadata are the same', () => {
    expect(decoded.nodes.map(({ op, inputs, outputs }) => ({ op, inputs, outputs }))).toEqual(golden.nodes);
    expect(decoded.nodes[0]?.attributes).toEqual({
      pads: { kind: 'ints', value: [1, 1, 1, 1] },
      strides: { kind: 'ints', value: [2, 1] },
      group: { kind: 'int', value: 1 },
    });
    expect(decoded.nodes[4]).toMatchObject({
      domain: 'org.example',
      attributes: { factors: { kind: 'floats', value: [1, -0.5] }, names: { kind: 'strings', value: ['a', 'ü'] } },
    });
    expect(decoded.inputs).toEqual([{ name: 'x', type: 'float32', shape: ['B', 3, 8, 6] }]);
    expect(decoded.outputs).toEqual([{ name: 'z', type: 'float32', shape: ['B', '', 4, 6] }]);
    expect(decoded.metadata).toEqual({ labels: '["a", "ü"]' });
    expect(decoded.opsets).toEqual({ '': 17, 'org.example': 1 });
  });

  test('weights in another file are refused with what to do', () => {
    const bytes = readFileSync(new URL('external-data.onnx', GOLDEN));
    expect(() => decodeOnnx(bytes)).toThrow(/values of w lie in another file[\s\S]*save_as_external_data=False/);
  });
});

const EMPTY: OnnxModel = {
  irVersion: 9,
  producer: 'test',
  opsets: { '': 17 },
  graphName: 'g',
  inputs: [],
  outputs: [],
  valueInfo: [],
  nodes: [],
  initializers: new Map(),
  metadata: {},
};
