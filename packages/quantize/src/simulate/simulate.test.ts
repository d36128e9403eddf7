import { describe, expect, test } from '@jest/globals';
import { ndArray, UsageError, type NdArrays } from '@asc/core';
import { OnnxRunner, type OnnxModel, type OnnxNode } from '@asc/onnx';
import { QUANTIZATION_SCHEMES } from '../quantization-scheme.js';
import { quantizeGoldens } from '../quantize-goldens.test.helper.js';
import { quantizeStatic } from '../quantize-static.js';
import { simulate } from './simulate.js';

const { float, feeds, python, pythonU8S8, pythonU8U8 } = quantizeGoldens();

describe('simulate equals ONNX Runtime', () => {
  test.each([
    ['s8s8', python],
    ['u8s8', pythonU8S8],
    ['u8u8', pythonU8U8],
  ] as const)("to the bit on onnxruntime's own %s model", async (_, model) => {
    for (const feed of feeds) expect(simulate(model, feed)).toEqual(await run(model, feed));
  });

  test.each(QUANTIZATION_SCHEMES)('to the bit on our %s model', async (scheme) => {
    const model = await quantizeStatic(float, feeds, { scheme, threads: 1 });
    for (const feed of feeds) expect(simulate(model, feed)).toEqual(await run(model, feed));
  });

  test('with layers in float32 to rounding, which may move an integer by one', async () => {
    const model = await quantizeStatic(float, feeds, { keepFloat: ['conv4', 'gate'], threads: 1 });
    for (const feed of feeds) {
      const [ours, theirs] = [simulate(model, feed), await run(model, feed)];
      const largest = Math.max(...Array.from(theirs['logits']?.data ?? [], Math.abs));
      // Float32 sums in another order round some halves the other way: single steps of 1/255 on the way to the logits.
      theirs['logits']?.data.forEach((value, i) =>
        expect(Math.abs((ours['logits']?.data[i] ?? 0) - value)).toBeLessThan(0.02 * largest),
      );
    }
  });

  test('on max feature maps and what moves numbers', async () => {
    const model = mover();
    const feed = {
      x: ndArray(
        'float32',
        [2, 3, 6, 8],
        Float32Array.from({ length: 288 }, (_, i) => Math.sin(i * i)),
      ),
    };
    const quantized = await quantizeStatic(model, [feed], { threads: 1 });
    expect(quantized.nodes.some(({ op }) => op === 'Max')).toBe(true);
    expect(simulate(quantized, feed)).toEqual(await run(quantized, feed));
  });

  test('and names what it cannot do', () => {
    const [first] = float.nodes;
    const odd = { ...float, nodes: [{ ...(first as OnnxNode), op: 'Einsum' }] };
    expect(() => simulate(odd, feeds[0] ?? {})).toThrow(UsageError);
    expect(() => simulate(odd, feeds[0] ?? {})).toThrow(/no operator Einsum/);
    expect(() => simulate(float, {})).toThrow(/misses the input "x"/);
  });
});

async function run(model: OnnxModel, feed: NdArrays): Promise<NdArrays> {
  const runner = await OnnxRunner.create(model, { threads: 1 });
  const results = await runner.run(feed);
  await runner.release();
  return results;
}

function mover(): OnnxModel {
  const node = (
    op: string,
    inputs: string[],
    outputs: string[],
    attributes: OnnxNode['attributes'] = {},
  ): OnnxNode => ({
    op,
    domain: '',
    name: outputs[0] ?? '',
    inputs,
    outputs,
    attributes,
  });
  const weights = (shape: number[]) => ({
    type: 'float32' as const,
    shape,
    data: Float32Array.from({ length: shape.reduce((a, b) => a * b, 1) }, (_, i) => Math.sin(0.7 * i * i + i)),
  });
  const int = (value: number) => ({ kind: 'int' as const, value });
  const ints = (...value: number[]) => ({ kind: 'ints' as const, value });
  const nodes = [
    node('Conv', ['x', 'w', 'b'], ['c'], { pads: ints(0, 1, 1, 0), strides: ints(1, 2) }),
    node('Split', ['c'], ['l', 'r'], { axis: int(1) }),
    node('Max', ['l', 'r'], ['m']),
    node('Transpose', ['m'], ['t'], { perm: ints(0, 1, 3, 2) }),
    node('MaxPool', ['t'], ['p'], { kernel_shape: ints(3, 2), pads: ints(1, 0, 1, 0), strides: ints(2, 1) }),
    node('LeakyRelu', ['p'], ['k'], { alpha: { kind: 'float', value: 0.2 } }),
    node('ReduceMax', ['k'], ['g'], { axes: ints(2, 3), keepdims: int(0) }),
    node('Gemm', ['g', 'v', 'd'], ['z'], { transB: int(1) }),
    node('Softmax', ['z'], ['y'], { axis: int(1) }),
  ];
  const constants = { w: weights([8, 3, 2, 2]), b: weights([8]), v: weights([5, 4]), d: weights([5]) };
  return {
    irVersion: 8,
    producer: 'test',
    opsets: { '': 13 },
    graphName: 'mover',
    inputs: [{ name: 'x', type: 'float32', shape: ['B', 3, 6, 8] }],
    outputs: [{ name: 'z', type: 'float32', shape: ['B', 5] }],
    valueInfo: [],
    nodes: nodes.slice(0, -1),
    initializers: new Map(Object.entries(constants)),
    metadata: {},
  };
}
