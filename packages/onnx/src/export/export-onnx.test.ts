import { type NdArray, type NdArrays, labelSpace, ndArray, TraceError, UsageError } from '@asc/core';
import * as tf from '@tensorflow/tfjs-core';
import { type LayersModel, type SymbolicTensor, input, layers, model, sequential } from '@tensorflow/tfjs-layers';
import fc from 'fast-check';
import { beforeAll, describe, expect, test } from '@jest/globals';
import { decodeOnnx } from '../model/decode-onnx.js';
import { encodeOnnx } from '../model/encode-onnx.js';
import type { OnnxModel } from '../model/onnx-model.js';
import { OnnxRunner } from '../model/onnx-runner.js';
import { noise, setWeights } from '../networks.test.helper.js';
import {
  expectSame,
  expectTrueShapes,
  expectWellFormed,
  fromTensor,
  toTensor,
  useCpuBackend,
} from '../trace/traced.test.helper.js';
import { exportOnnx } from './export-onnx.js';

beforeAll(useCpuBackend);

const apply = (layer: layers.Layer, x: SymbolicTensor | SymbolicTensor[]): SymbolicTensor =>
  layer.apply(x) as SymbolicTensor;

function feedsFor(net: LayersModel, batch: number): NdArray[] {
  return net.inputs.map(({ shape }, i) => noise([batch, ...(shape.slice(1) as number[])], `${i}/${batch}`));
}

function predict(net: LayersModel, feeds: readonly NdArray[]): NdArrays {
  const results: Record<string, NdArray> = {};
  tf.tidy(() => {
    const inputs = feeds.map(toTensor);
    const outputs = net.predict(inputs.length === 1 ? inputs[0]! : inputs);
    (Array.isArray(outputs) ? outputs : [outputs]).forEach((t, i) => {
      results[net.outputNames[i]!] = fromTensor(t);
    });
  });
  return results;
}

/** The exported model, through its bytes, at batch sizes it was not traced at. */
async function expectExported(net: LayersModel, batches: readonly number[] = [1, 2, 5]): Promise<OnnxModel> {
  setWeights(net);
  const exported = exportOnnx(net);
  expectWellFormed(exported);
  await expectTrueShapes(exported);
  const bytes = encodeOnnx(exported);
  expectWellFormed(decodeOnnx(bytes));
  const runner = await OnnxRunner.create(bytes, { threads: 1 });
  for (const batch of batches) {
    const feeds = feedsFor(net, batch);
    const results = await runner.run(Object.fromEntries(net.inputNames.map((name, i) => [name, feeds[i]!])));
    // Float32 sums in another order, and folded batch norms.
    expectSame(results, predict(net, feeds), { rtol: 1e-5, atol: 1e-5 });
  }
  await runner.release();
  return exported;
}

const ops = (exported: OnnxModel): string[] => exported.nodes.map((n) => n.op);

describe('an exported model is the model, at any batch size', () => {
  test('convolutions with norms before and after, pools, dense', async () => {
    const net = sequential({
      layers: [
        layers.conv2d({ inputShape: [12, 10, 2], filters: 4, kernelSize: 3, padding: 'same', useBias: false }),
        layers.batchNormalization(),
        layers.reLU(),
        layers.averagePooling2d({ poolSize: 2 }),
        layers.batchNormalization(),
        layers.conv2d({ filters: 4, kernelSize: 3, activation: 'elu' }),
        layers.separableConv2d({ filters: 6, kernelSize: 3, depthMultiplier: 2, padding: 'same', activation: 'tanh' }),
        layers.depthwiseConv2d({ kernelSize: 2, strides: 2, depthMultiplier: 2, padding: 'same' }),
        layers.batchNormalization(),
        layers.dropout({ rate: 0.5 }),
        layers.flatten(),
        layers.dense({ units: 5, activation: 'relu' }),
        layers.batchNormalization(),
        layers.dense({ units: 3, activation: 'softmax' }),
      ],
    });
    const exported = await expectExported(net);
    expect(exported.inputs[0]!.shape).toEqual(['B', 12, 10, 2]);
  });

  test('activations', async () => {
    const x = input({ shape: [5, 4, 3] });
    const each = [
      layers.reLU({ maxValue: 6 }),
      layers.leakyReLU({ alpha: 0.2 }),
      layers.elu({ alpha: 1 }),
      layers.thresholdedReLU({ theta: 0.5 }),
      layers.prelu({ sharedAxes: [1, 2] }),
      layers.prelu({}),
      layers.softmax({ axis: -1 }),
      ...(['hardSigmoid', 'softplus', 'softsign', 'selu', 'relu6', 'sigmoid', 'swish', 'mish'] as const).map(
        (activation) => layers.activation({ activation }),
      ),
    ].map((layer) => apply(layer, x));
    await expectExported(model({ inputs: x, outputs: each }));
  });

  test('pools, paddings, reshapes, permutations, crops and upsampling by repetition', async () => {
    const x = input({ shape: [6, 8, 4] });
    const outputs = [
      apply(layers.globalMaxPooling2d({ dataFormat: 'channelsLast' }), x),
      apply(layers.maxPooling2d({ poolSize: 3, strides: 2, padding: 'same' }), x),
      apply(layers.averagePooling2d({ poolSize: 3, strides: 1, padding: 'same' }), x),
      apply(
        layers.zeroPadding2d({
          padding: [
            [1, 0],
            [2, 1],
          ],
        }),
        x,
      ),
      apply(layers.reshape({ targetShape: [48, 4] }), x),
      apply(layers.reshape({ targetShape: [8, -1] }), x),
      apply(layers.permute({ dims: [3, 1, 2] }), x),
      apply(
        layers.cropping2D({
          cropping: [
            [1, 0],
            [2, 1],
          ],
        }),
        x,
      ),
      apply(
        layers.dense({ units: 3 }),
        apply(layers.flatten(), apply(layers.conv2d({ filters: 2, kernelSize: 3 }), x)),
      ),
      apply(layers.reshape({ targetShape: [24, 4] }), apply(layers.conv2d({ filters: 2, kernelSize: 1 }), x)),
    ];
    await expectExported(model({ inputs: x, outputs }));
  });

  test('one-dimensional convolutions and pools, repeated vectors, dense over time', async () => {
    const x = input({ shape: [11, 3] });
    let y = apply(
      layers.conv1d({ filters: 4, kernelSize: 3, dilationRate: 2, padding: 'same', activation: 'relu' }),
      x,
    );
    y = apply(layers.batchNormalization(), y);
    y = apply(layers.maxPooling1d({ poolSize: 2 }), y);
    y = apply(layers.timeDistributed({ layer: layers.dense({ units: 5 }) }), y);
    const pooled = apply(layers.globalAveragePooling1d({}), y);
    await expectExported(model({ inputs: x, outputs: [y, apply(layers.repeatVector({ n: 3 }), pooled)] }));
  });

  test('recurrent layers', async () => {
    // tfjs' default, an orthogonal one, needs chained ops that not every program has.
    const start = { recurrentInitializer: 'glorotUniform' } as const;
    const x = input({ shape: [5, 3] });
    const a = apply(layers.gru({ ...start, units: 4, returnSequences: true }), x);
    const b = apply(layers.lstm({ ...start, units: 3 }), a);
    const c = apply(
      layers.bidirectional({ layer: layers.simpleRNN({ ...start, units: 2 }) as never, mergeMode: 'concat' }),
      a,
    );
    await expectExported(model({ inputs: x, outputs: [b, c] }));
  });

  test('several inputs and outputs, merges, a layer used twice', async () => {
    const a = input({ shape: [6, 5, 2], name: 'left' });
    const b = input({ shape: [6, 5, 2], name: 'right' });
    const shared = layers.conv2d({ filters: 3, kernelSize: 3, padding: 'same' });
    const [p, q] = [a, b].map((x) => apply(shared, x)) as [SymbolicTensor, SymbolicTensor];
    const merged = apply(layers.concatenate(), [
      apply(layers.add(), [p, q]),
      apply(layers.multiply(), [p, q]),
      apply(layers.maximum(), [p, q]),
      apply(layers.average(), [p, q]),
    ]);
    const flat = apply(layers.globalAveragePooling2d({ dataFormat: 'channelsLast' }), merged);
    const dot = apply(layers.dot({ axes: 1 }), [flat, flat]);
    const net = model({ inputs: [a, b], outputs: [apply(layers.dense({ units: 2, name: 'scores' }), flat), dot, p] });
    const exported = await expectExported(net);
    expect(exported.inputs.map((i) => i.name)).toEqual(['left', 'right']);
    expect(exported.outputs[0]!.name).toBe('scores');
    // Shared weights are stored once.
    const kernels = [...exported.initializers.values()].filter((t) => t.shape.join() === '3,2,3,3');
    expect(kernels.length).toBe(1);
  });

  test('models in models', async () => {
    const block = sequential({
      name: 'block',
      layers: [
        layers.conv2d({ inputShape: [6, 5, 2], filters: 2, kernelSize: 3, padding: 'same' }),
        layers.batchNormalization(),
      ],
    });
    const x = input({ shape: [6, 5, 2] });
    const y = apply(layers.add(), [x, block.apply(block.apply(x)) as SymbolicTensor]);
    const exported = await expectExported(model({ inputs: x, outputs: apply(layers.flatten(), y) }));
    expect(exported.nodes.some((n) => n.name.startsWith('block/'))).toBe(true);
  });

  test('a norm that two ops read is folded into neither wrongly', async () => {
    const x = input({ shape: [6, 5, 2] });
    const conv = apply(layers.conv2d({ filters: 3, kernelSize: 1 }), x);
    const first = apply(layers.batchNormalization(), conv);
    const second = apply(layers.batchNormalization(), first);
    const third = apply(layers.batchNormalization(), conv);
    await expectExported(
      model({ inputs: x, outputs: [apply(layers.add(), [first, second]), third, apply(layers.reLU(), second)] }),
    );
  });

  test('an embedding of labels', async () => {
    const net = sequential({
      layers: [layers.embedding({ inputDim: 4, outputDim: 3, inputLength: 2 }), layers.flatten()],
    });
    setWeights(net);
    // Indices are whole numbers in the graph's float input, as tfjs-layers has them.
    expect(() => exportOnnx(net)).not.toThrow();
  });
});

describe('what the exporter makes of it', () => {
  const small = (): LayersModel => {
    const net = sequential({
      layers: [
        layers.conv2d({ inputShape: [6, 5, 1], filters: 3, kernelSize: 3, useBias: false, name: 'conv' }),
        layers.batchNormalization(),
        layers.reLU(),
        layers.globalAveragePooling2d({ dataFormat: 'channelsLast' }),
        layers.dense({ units: 2, name: 'logits' }),
      ],
    });
    setWeights(net);
    return net;
  };

  test('no batch norm and no transpose is left of conv, norm, relu, mean, dense', () => {
    const left = ops(exportOnnx(small()));
    expect(left).not.toContain('BatchNormalization');
    expect(left).not.toContain('Transpose');
    expect(left.filter((op) => op === 'Conv').length).toBe(1);
  });

  test('a fixed batch has fixed shapes', async () => {
    const net = small();
    const exported = exportOnnx(net, { batch: 3 });
    expect(exported.inputs[0]!.shape).toEqual([3, 6, 5, 1]);
    const feeds = feedsFor(net, 3);
    const runner = await OnnxRunner.create(exported, { threads: 1 });
    expectSame(await runner.run({ [net.inputNames[0]!]: feeds[0]! }), predict(net, feeds));
    await runner.release();
  });

  test('softmax and the card', async () => {
    const net = small();
    expect(exportOnnx(net, { softmax: true }).outputs[0]!.name).toBe('probabilities');
    const card = {
      name: 'small',
      labels: labelSpace(['bus', 'park']),
      sampleRateHz: 8000,
      clipSamples: 800,
      input: 'features',
      frontEnd: {} as never,
    } as const;
    expect(() => exportOnnx(net, { card: { ...card, input: 'waveform' } })).toThrow(/needs its front end/);
  });

  test('the model and tfjs are left alone', () => {
    const net = small();
    const before = {
      memory: tf.memory(),
      values: net.getWeights().map((w) => [...w.dataSync()]),
      backend: tf.getBackend(),
    };
    exportOnnx(net);
    expect({
      memory: tf.memory(),
      values: net.getWeights().map((w) => [...w.dataSync()]),
      backend: tf.getBackend(),
    }).toEqual(before);
    expect(net.layers.some((l) => Object.hasOwn(l, 'call'))).toBe(false);
  });

  test('twice the same', () => {
    const net = small();
    expect(encodeOnnx(exportOnnx(net))).toEqual(encodeOnnx(exportOnnx(net)));
  });

  test('sizes that are not fixed, unknown options and impossible batches are refused', () => {
    const x = input({ shape: [null, 5, 1] });
    const net = model({ inputs: x, outputs: apply(layers.conv2d({ filters: 2, kernelSize: 3 }), x) });
    expect(() => exportOnnx(net)).toThrow(/not fixed[\s\S]*\(\?, \?, 5, 1\)/);
    expect(() => exportOnnx(small(), { opset: 3 } as never)).toThrow(UsageError);
    expect(() => exportOnnx(small(), { batch: 0 })).toThrow(UsageError);
  });

  test('what depends on the batch size otherwise is refused, and can be fixed', () => {
    class DividesByBatch extends layers.Layer {
      static className = 'DividesByBatch';
      override call(inputs: tf.Tensor | tf.Tensor[]): tf.Tensor {
        const x = Array.isArray(inputs) ? inputs[0]! : inputs;
        return tf.div(x, x.shape[0]! + 0.5);
      }
      override computeOutputShape(shape: (number | null)[]): (number | null)[] {
        return shape;
      }
    }
    const net = sequential({
      layers: [layers.dense({ inputShape: [3], units: 2 }), new DividesByBatch({ name: 'divides' })],
    });
    expect(() => exportOnnx(net)).toThrow(TraceError);
    expect(() => exportOnnx(net)).toThrow(/another batch size[\s\S]*batch: 1/);
    expect(() => exportOnnx(net, { batch: 2 })).not.toThrow();
  });
});

test('any small convolutional network is exported as it is', async () => {
  const block = fc.record({
    kind: fc.constantFrom(
      'conv',
      'depthwise',
      'separable',
      'maxPool',
      'averagePool',
      'norm',
      'relu',
      'residual',
      'concat',
    ),
    filters: fc.integer({ min: 1, max: 4 }),
    kernel: fc.integer({ min: 1, max: 3 }),
    strides: fc.integer({ min: 1, max: 2 }),
    same: fc.boolean(),
    useBias: fc.boolean(),
  });
  const network = fc.record({
    size: fc.tuple(fc.integer({ min: 5, max: 9 }), fc.integer({ min: 5, max: 9 }), fc.integer({ min: 1, max: 3 })),
    blocks: fc.array(block, { minLength: 1, maxLength: 6 }),
    head: fc.constantFrom('flatten', 'mean', 'none'),
  });
  await fc.assert(
    fc.asyncProperty(network, async ({ size, blocks, head }) => {
      const x = input({ shape: [...size] });
      let y: SymbolicTensor = x;
      for (const { kind, filters, kernel, strides, same, useBias } of blocks) {
        const room = Math.min(y.shape[1]!, y.shape[2]!);
        const padding = same || kernel > room ? ('same' as const) : ('valid' as const);
        const shape = { kernelSize: kernel, strides: Math.min(strides, kernel), padding, useBias };
        if (kind === 'conv') y = apply(layers.conv2d({ ...shape, filters }), y);
        if (kind === 'depthwise') y = apply(layers.depthwiseConv2d({ ...shape, depthMultiplier: filters % 2 || 2 }), y);
        if (kind === 'separable') y = apply(layers.separableConv2d({ ...shape, filters, depthMultiplier: 2 }), y);
        if (kind === 'maxPool')
          y = apply(layers.maxPooling2d({ poolSize: Math.min(kernel, room), strides, padding }), y);
        if (kind === 'averagePool')
          y = apply(layers.averagePooling2d({ poolSize: Math.min(kernel, room), strides, padding }), y);
        if (kind === 'norm') y = apply(layers.batchNormalization(), y);
        if (kind === 'relu') y = apply(layers.reLU(), y);
        if (kind === 'residual') {
          const inner = layers.conv2d({ filters: y.shape[3]!, kernelSize: kernel, padding: 'same', useBias });
          y = apply(layers.add(), [y, apply(inner, y)]);
        }
        if (kind === 'concat') y = apply(layers.concatenate(), [apply(layers.batchNormalization(), y), y]);
      }
      if (head === 'flatten') y = apply(layers.dense({ units: 2 }), apply(layers.flatten(), y));
      if (head === 'mean') y = apply(layers.globalAveragePooling2d({ dataFormat: 'channelsLast' }), y);
      const net = model({ inputs: x, outputs: y });
      await expectExported(net, [1, 3]);
      net.dispose();
    }),
    { seed: 4, numRuns: 40 },
  );
});

test('a hand-made feed is used as it is', async () => {
  const net = sequential({
    layers: [layers.dense({ inputShape: [2], units: 1, useBias: false, weights: [tf.tensor2d([[2], [3]])] })],
  });
  const runner = await OnnxRunner.create(exportOnnx(net), { threads: 1 });
  const results = await runner.run({ [net.inputNames[0]!]: ndArray('float32', [2, 2], Float32Array.of(1, 1, 1, 2)) });
  expect([...Object.values(results)[0]!.data]).toEqual([5, 8]);
  await runner.release();
});
