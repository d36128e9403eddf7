import '@tensorflow/tfjs-backend-cpu';
import { createRng, ndArray } from '@asc/core';
import {
  type Scalar,
  type Tensor,
  type Variable,
  engine,
  mean,
  mul,
  registerKernel,
  square,
  sub,
  unregisterKernel,
  variableGrads,
} from '@tensorflow/tfjs-core';
import { layers, sequential } from '@tensorflow/tfjs-layers';
import { beforeAll, describe, expect, test } from '@jest/globals';
import { DEFAULT_LOWERINGS, type Lowering, OnnxRunner, compileStep, exportOnnx, trace } from './index.js';
import { fromTensor, runModel, toTensor, useCpuBackend } from './trace/traced.test.helper.js';

beforeAll(useCpuBackend);

describe('the examples of the README', () => {
  test('a network is trained by a compiled step and exported', async () => {
    const net = sequential({
      layers: [layers.dense({ inputShape: [3], units: 8, activation: 'tanh' }), layers.dense({ units: 1 })],
    });
    const weights = Object.fromEntries(net.weights.map((w) => [w.name, w.read() as Variable]));

    const step = await compileStep(
      ({ x, y }) => {
        const loss = (): Scalar => mean(square(sub(net.apply(x!, { training: true }) as Tensor, y!)));
        const { value, grads } = variableGrads(loss, Object.values(weights));
        for (const w of Object.values(weights)) w.assign(sub(w, mul(grads[w.name]!, 0.1)));
        return { loss: value };
      },
      {
        inputs: { x: { dtype: 'float32', shape: [8, 3] }, y: { dtype: 'float32', shape: [8, 1] } },
        state: weights,
        layers: net.layers,
      },
    );

    const rng = createRng(1);
    const x = ndArray('float32', [8, 3], rng.fillNormal(new Float32Array(24)));
    const y = ndArray(
      'float32',
      [8, 1],
      Float32Array.from({ length: 8 }, (_, i) => x.data[3 * i]! - x.data[3 * i + 1]!),
    );
    const losses: number[] = [];
    for (let i = 0; i < 200; i++) losses.push((await step.run({ x, y }, rng.split('step', i)))['loss']!.data[0]!);
    step.writeVariables();
    await step.release();
    expect(losses[199]!).toBeLessThan(losses[0]! / 20);

    const runner = await OnnxRunner.create(exportOnnx(net));
    const predicted = await runner.run({ [net.inputNames[0]!]: x });
    await runner.release();
    const eager = fromTensor(net.predict(toTensor(x)) as Tensor).data;
    Object.values(predicted)[0]!.data.forEach((v, i) => {
      expect(v).toBeCloseTo(eager[i]!, 5);
      expect(Math.abs(v - y.data[i]!)).toBeLessThan(1);
    });
  });

  test('a kernel of one’s own gets a lowering', async () => {
    registerKernel({ kernelName: 'Double', backendName: 'cpu', kernelFunc: () => [] });
    const double: Lowering = (context, { x }) => {
      const v = context.value(x!);
      return context.tensor(context.graph.op('Add', [v, v], v));
    };
    const { model } = trace(({ x }) => ({ y: engine().runKernel('Double', { x: x! }) as Tensor }), {
      inputs: { x: { dtype: 'float32', shape: [2] } },
      lowerings: { ...DEFAULT_LOWERINGS, Double: double },
    });
    const { y } = await runModel(model, { x: ndArray('float32', [2], Float32Array.of(1, 2.5)) });
    expect([...y!.data]).toEqual([2, 5]);
    unregisterKernel('Double', 'cpu');
  });
});
