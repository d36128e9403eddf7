import { ndArray, type NdArrays } from '@asc/core';
import { OnnxRunner, type OnnxModel, type OnnxNode, type OnnxTensor } from '@asc/onnx';
import { describe, expect, test } from '@jest/globals';
import { explainedQuantization } from '../quantize-static.js';
import { simulate } from '../simulate/simulate.js';
import { quickenGraph } from './quicken-graph.js';

const ints = (...value: number[]): OnnxNode['attributes'][string] => ({ kind: 'ints', value });
const one = { kind: 'int', value: 1 } as const;
const [HEIGHT, WIDTH] = [11, 8];

/** A stem of one channel, and means and maxima of every kind behind it. */
const nodes = [
  node('Conv', ['x', 'w', 'b'], ['stem'], { pads: ints(1, 2, 2, 0), strides: ints(2, 1) }),
  node('Pad', ['stem', 'around'], ['padded']),
  node('AveragePool', ['padded'], ['pooled'], { kernel_shape: ints(2, 3), strides: ints(2, 1) }),
  node('ReduceMean', ['pooled'], ['over.height'], { axes: ints(2) }),
  node('ReduceMean', ['pooled'], ['over.width'], { axes: ints(-1) }),
  node('ReduceMean', ['pooled'], ['over.channels'], { axes: ints(1) }),
  node('ReduceMax', ['pooled'], ['largest'], { axes: ints(2, 3) }),
  node('Mul', ['over.height', 'over.width'], ['cross']),
  node('Add', ['cross', 'over.channels'], ['sum']),
  node('Add', ['sum', 'largest'], ['last']),
  node('Conv', ['last', 'v'], ['y']),
];
const model: OnnxModel = {
  irVersion: 8,
  producer: 'test',
  opsets: { '': 13 },
  graphName: 'quick',
  inputs: [{ name: 'x', type: 'float32', shape: ['B', 1, HEIGHT, WIDTH] }],
  outputs: [{ name: 'y', type: 'float32', shape: ['B', 3, 3, WIDTH - 2] }],
  valueInfo: [],
  nodes,
  initializers: new Map<string, OnnxTensor>([
    ['w', weights([4, 1, 5, 3])],
    ['b', weights([4])],
    ['v', weights([3, 4, 1, 1])],
    ['around', { type: 'int64', shape: [8], data: BigInt64Array.of(0n, 0n, 1n, 1n, 0n, 0n, 0n, 1n) }],
  ]),
  metadata: {},
};
const feed: NdArrays = { x: ndArray('float32', [2, 1, HEIGHT, WIDTH], wave(2 * HEIGHT * WIDTH, 1.3)) };

describe('quickened graphs', () => {
  test('compute what they did, in operators that are quick on 8 bits', async () => {
    const quick = quickenGraph(model, shapes());
    const ops = new Set(quick.nodes.map(({ op }) => op));
    expect([...ops].sort()).toEqual(['Add', 'Concat', 'Conv', 'MaxPool', 'Mul', 'Pad', 'Slice']);
    const [before, after] = [await run(model), await run(quick)];
    expect(before.length).toBeGreaterThan(0);
    before.forEach((value, i) => expect(Math.abs((after[i] ?? NaN) - value)).toBeLessThan(1e-5));
  });

  test('run on integers from the stem on, equal to the simulation, and store a mean as one number', async () => {
    const { model: quantized, fates } = await explainedQuantization(model, [feed], { threads: 1 });
    const floats = fates.filter(({ fate }) => fate === 'float32').map(({ op }) => op);
    expect(new Set(floats)).toEqual(new Set(['Pad', 'Slice', 'Concat']));
    expect(Array.from(simulate(quantized, feed)['y']?.data ?? [])).toEqual(await run(quantized));
    const integers = [...quantized.initializers.values()].filter(
      ({ type, data }) => type === 'int8' && data.length > 4,
    );
    // The stem with its rows filled up to eight, and the last layer: nothing of the means.
    expect(integers.map(({ shape }) => shape)).toEqual([
      [4, 8, 1, 3],
      [3, 4, 1, 1],
    ]);
  });

  test('leave maps of unknown size, means over fewer numbers at edges and more than one channel as they are', () => {
    const loose = { ...model, inputs: [{ ...model.inputs[0]!, shape: ['B', 1, 'H', 'W'] }] };
    const kept = quickenGraph(loose, shapes()).nodes.map(({ op }) => op);
    expect(kept).toEqual(expect.arrayContaining(['ReduceMax', 'ReduceMean']));
    expect(kept).not.toContain('Slice');
    const partial = node('AveragePool', ['stem'], ['pooled'], { kernel_shape: ints(2, 3), pads: ints(1, 1, 0, 1) });
    const edged = { ...model, nodes: [nodes[0]!, partial] };
    expect(quickenGraph(edged, shapes()).nodes.map(({ op }) => op)).toContain('AveragePool');
    const counted = { ...partial, attributes: { ...partial.attributes, count_include_pad: one } };
    const whole = { ...model, nodes: [nodes[0]!, counted] };
    expect(quickenGraph(whole, shapes()).nodes.map(({ op }) => op)).not.toContain('AveragePool');
    const wide = { ...model, initializers: new Map(model.initializers).set('w', weights([4, 3, 5, 3])) };
    expect(quickenGraph(wide, shapes()).nodes.map(({ op }) => op)).not.toContain('Slice');
  });
});

function shapes(): Map<string, readonly number[]> {
  const maps = { x: [2, 1, 11, 8], stem: [2, 4, 5, 8], padded: [2, 4, 6, 10], pooled: [2, 4, 3, 8] };
  return new Map<string, readonly number[]>(Object.entries(maps));
}

async function run(of: OnnxModel): Promise<number[]> {
  const runner = await OnnxRunner.create(of, { threads: 1 });
  const outputs = await runner.run(feed);
  await runner.release();
  return Array.from(outputs['y']?.data ?? []);
}

function node(op: string, inputs: string[], outputs: string[], attributes: OnnxNode['attributes'] = {}): OnnxNode {
  return { op, domain: '', name: outputs[0] ?? '', inputs, outputs, attributes };
}

function weights(shape: number[]): OnnxTensor {
  return {
    type: 'float32',
    shape,
    data: wave(
      shape.reduce((product, length) => product * length),
      0.7,
    ),
  };
}

/** Deterministic numbers in (−1, 1). */
function wave(size: number, step: number): Float32Array {
  return Float32Array.from({ length: size }, (_, i) => Math.sin(step * i * i + i));
}
