import { execFile } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { createRng, type NdArrays, ndArray, UsageError } from '@asc/core';
import * as tf from '@tensorflow/tfjs-core';
import { type SymbolicTensor, input, layers, model, sequential } from '@tensorflow/tfjs-layers';
import { beforeAll, describe, expect, test } from '@jest/globals';
import { compileStep } from './compile-step.js';
import { adamStep, runSteps, setWeights } from './networks.test.helper.js';
import { eagerRandom } from './random-source.js';
import type { CompiledStep, StepFunction } from './step.js';
import { trace } from './trace/trace.js';
import { expectSame, expectTrueShapes, expectWellFormed, useCpuBackend } from './trace/traced.test.helper.js';

beforeAll(useCpuBackend);

/** Runs the same steps compiled and eager, from the same weights. */
async function expectEqualTraining(build: () => ReturnType<typeof adamStep>, steps = 5): Promise<void> {
  const runs = [];
  for (const engine of ['cpu', 'eager'] as const) {
    const made = build();
    if (engine === 'cpu') {
      const { model: graph } = trace(made.fn, made.options);
      expectWellFormed(graph);
      await expectTrueShapes(graph);
    }
    const step = await compileStep(made.fn, { ...made.options, engine });
    runs.push(await runSteps(step, made, steps));
    await step.release();
  }
  const [native, eager] = runs as [(typeof runs)[0], (typeof runs)[0]];
  native!.losses.forEach((loss, i) => expect(loss).toBeCloseTo(eager!.losses[i]!, 4));
  // Float32 sums in another order, through five steps of Adam.
  expectSame(native!.state, eager!.state, { rtol: 2e-3, atol: 2e-4 });
  expect(native!.losses[0]).not.toBeCloseTo(native!.losses[1]!, 6);
}

describe('a compiled step is an eager step: loss, weights, statistics, optimiser', () => {
  test('convolutions, batch norms, pools and a dense layer', async () => {
    await expectEqualTraining(() => {
      const net = sequential({
        layers: [
          layers.conv2d({ inputShape: [9, 8, 2], filters: 4, kernelSize: 3, padding: 'same', useBias: false }),
          layers.batchNormalization({ momentum: 0.8 }),
          layers.reLU(),
          layers.maxPooling2d({ poolSize: 2 }),
          layers.conv2d({ filters: 4, kernelSize: 3, strides: 2, padding: 'same', activation: 'relu' }),
          layers.batchNormalization({ momentum: 0.8 }),
          layers.separableConv2d({ filters: 6, kernelSize: 3, padding: 'same', depthMultiplier: 2 }),
          layers.leakyReLU({ alpha: 0.1 }),
          layers.globalAveragePooling2d({ dataFormat: 'channelsLast' }),
          layers.dense({ units: 3 }),
        ],
      });
      setWeights(net);
      return adamStep(net, 4);
    });
  });

  test('overlapping pools, flatten, batch norm of vectors, prelu, elu, concatenation, shared layers', async () => {
    await expectEqualTraining(() => {
      const x = input({ shape: [7, 6, 2] });
      const shared = layers.conv2d({ filters: 4, kernelSize: [2, 3], padding: 'same' });
      const a = layers.elu().apply(shared.apply(x) as SymbolicTensor) as SymbolicTensor;
      const b = layers.maxPooling2d({ poolSize: 3, strides: 1, padding: 'same' }).apply(a) as SymbolicTensor;
      const c = layers.concatenate().apply([a, b]) as SymbolicTensor;
      const d = layers.prelu({ sharedAxes: [1, 2] }).apply(c) as SymbolicTensor;
      const e = layers.depthwiseConv2d({ kernelSize: 3, strides: 2, depthMultiplier: 1 }).apply(d) as SymbolicTensor;
      const f = layers.dense({ units: 5 }).apply(layers.flatten().apply(e)) as SymbolicTensor;
      const g = layers.batchNormalization({ center: true, momentum: 0.7 }).apply(f);
      const net = model({ inputs: x, outputs: layers.dense({ units: 3, activation: 'tanh' }).apply(g) as never });
      setWeights(net);
      return adamStep(net, 5);
    });
  });

  test('dropout and noise drawn from the step’s generator', async () => {
    await expectEqualTraining(() => {
      const body = sequential({
        layers: [
          layers.conv2d({ inputShape: [6, 5, 1], filters: 4, kernelSize: 3, activation: 'relu' }),
          layers.flatten(),
        ],
      });
      const head = sequential({ layers: [layers.dense({ inputShape: [48], units: 3 })] });
      const x = input({ shape: [6, 5, 1] });
      const net = model({ inputs: x, outputs: head.apply(body.apply(x)) as never });
      setWeights(net);
      return adamStep(net, 4, (batch, random) => {
        const noisy = tf.add(batch, tf.mul(random.normal(batch.shape, 'noise'), 0.1));
        const features = body.apply(noisy) as tf.Tensor;
        const drop = (t: tf.Tensor): tf.Tensor =>
          tf.div(tf.where(tf.less(random.uniform(t.shape, 'drop'), 0.7), t, tf.zerosLike(t)), 0.7);
        return head.apply(drop(drop(features))) as tf.Tensor;
      });
    });
  });
});

const DRAW: StepFunction = (_, random) => ({
  a: random.uniform([4], 'a'),
  a2: random.uniform([4], 'a'),
  b: random.uniform([4], 'b'),
  n: random.normal([4], 'a'),
});

describe('random draws', () => {
  test('are the same compiled and eager, differ by label, kind, order and step', async () => {
    const step = await compileStep(DRAW, { inputs: {}, threads: 1 });
    const first = await step.run({}, createRng(5));
    const draws = Object.values(first).map(({ data }) => data.join());
    expect(new Set(draws).size).toBe(4);
    expect(await step.run({}, createRng(5))).toEqual(first);
    expect(await step.run({}, createRng(6))).not.toEqual(first);
    tf.tidy(() => {
      const eager = DRAW({}, eagerRandom(createRng(5)));
      for (const [name, t] of Object.entries(eager)) expect([...t.dataSync()]).toEqual([...first[name]!.data]);
    });
    await step.release();
  });

  test('a draw that nothing uses does not shift the others', async () => {
    const step = await compileStep(
      (_, random) => {
        random.uniform([4], 'a');
        return { a2: random.uniform([4], 'a') };
      },
      { inputs: {}, threads: 1 },
    );
    const all = await compileStep(DRAW, { inputs: {}, engine: 'eager' });
    expect((await step.run({}, createRng(5)))['a2']).toEqual((await all.run({}, createRng(5)))['a2']);
    await step.release();
  });
});

describe.each(['cpu', 'eager'] as const)('the contract of a step (%s)', (engine) => {
  const spec = { x: { dtype: 'float32', shape: [2] } } as const;
  const x = ndArray('float32', [2], Float32Array.of(1, 2));
  const rng = createRng(1);

  async function counter(): Promise<{ step: CompiledStep; sum: tf.Variable; count: tf.Variable }> {
    const sum = tf.variable(tf.tensor1d([0, 0]));
    const count = tf.variable(tf.scalar(10, 'int32'));
    const idle = tf.variable(tf.tensor1d([true], 'bool'));
    const step = await compileStep(
      ({ x: v }) => {
        sum.assign(tf.add(sum, v!));
        count.assign(tf.add(count, tf.scalar(1, 'int32')));
        return { sum: tf.mul(sum, 1), mean: tf.div(tf.sum(sum), 2), old: tf.clone(count) };
      },
      { inputs: spec, state: { sum, count, idle }, engine, threads: 1 },
    );
    return { step, sum, count };
  }

  test('state advances; reading copies; writing replaces; variables follow when told', async () => {
    const { step, sum, count } = await counter();
    await step.run({ x }, rng);
    const results = await step.run({ x }, rng);
    expect([...results['sum']!.data]).toEqual([2, 4]);
    expect([...results['mean']!.data]).toEqual([3]);
    expect([...results['old']!.data]).toEqual([12]);
    const state = step.readState();
    expect(Object.keys(state)).toEqual(['sum', 'count', 'idle']);
    expect(state['idle']).toEqual(ndArray('bool', [1], Uint8Array.of(1)));
    state['sum']!.data[0] = 99;
    results['sum']!.data[0] = 98;
    expect([...step.readState()['sum']!.data]).toEqual([2, 4]);
    const given = { sum: ndArray('float32', [2], Float32Array.of(5, 6)) };
    step.writeState(given);
    given.sum.data[0] = 97;
    await step.run({ x }, rng);
    step.writeVariables();
    expect([...sum.dataSync()]).toEqual([6, 8]);
    expect([...count.dataSync()]).toEqual([13]);
    await step.release();
  });

  test('a round trip of state changes nothing, and partial writes leave the rest', async () => {
    const { step } = await counter();
    await step.run({ x }, rng);
    const state = step.readState();
    step.writeState(state);
    step.writeState({});
    expect(step.readState()).toEqual(state);
    step.writeState({ count: ndArray('int32', [], Int32Array.of(3)) });
    expect(step.readState()['sum']).toEqual(state['sum']);
    await step.release();
  });

  test('wrong state is refused whole', async () => {
    const { step } = await counter();
    const before = step.readState();
    const good = ndArray('float32', [2], Float32Array.of(7, 7));
    const bad: readonly [NdArrays, RegExp][] = [
      [{ sum: good, other: good }, /no state 'other'/],
      [{ sum: good, count: ndArray('float32', []) }, /'count' has the wrong type/],
      [{ sum: ndArray('float32', [3]) }, /'sum'/],
      [{ sum: { dtype: 'float32', shape: [2], data: new Float32Array(5) } }, /as many values/],
    ];
    for (const [values, message] of bad) {
      expect(() => step.writeState(values)).toThrow(UsageError);
      expect(() => step.writeState(values)).toThrow(message);
    }
    expect(step.readState()).toEqual(before);
    await step.release();
  });

  test('wrong inputs are refused, and the state stays', async () => {
    const { step } = await counter();
    const before = step.readState();
    const bad: readonly [NdArrays, RegExp][] = [
      [{}, /expected x, received none/],
      [{ x, z: x }, /expected x, received x, z/],
      [{ x, 'state/sum': x }, /expected x, received/],
      [{ x: ndArray('float32', [3]) }, /Input 'x'/],
      [{ x: ndArray('int32', [2]) }, /'x' has the wrong type/],
      [{ x: { dtype: 'float32', shape: [2], data: new Float32Array(1) } }, /as many values/],
    ];
    for (const [values, message] of bad) {
      await expect(step.run(values, rng)).rejects.toThrow(UsageError);
      await expect(step.run(values, rng)).rejects.toThrow(message);
    }
    expect(step.readState()).toEqual(before);
    await step.release();
  });

  test('runs asked for at once run one after the other', async () => {
    const { step } = await counter();
    const results = await Promise.all([1, 2, 3].map(() => step.run({ x }, rng)));
    expect(results.map((r) => r['sum']!.data[0])).toEqual([1, 2, 3]);
    await step.release();
  });

  test('after release it does not run, but its state can be read', async () => {
    const { step, sum } = await counter();
    const running = step.run({ x }, rng);
    await step.release();
    await step.release();
    expect([...(await running)['sum']!.data]).toEqual([1, 2]);
    await expect(step.run({ x }, rng)).rejects.toThrow(/was released/);
    expect([...step.readState()['sum']!.data]).toEqual([1, 2]);
    step.writeVariables();
    expect([...sum.dataSync()]).toEqual([1, 2]);
  });

  test('whole numbers cast to float32 come out as float32', async () => {
    const step = await compileStep(({ x: v }) => ({ y: tf.cast(tf.greater(v!, 1), 'float32') }), {
      inputs: spec,
      engine,
      threads: 1,
    });
    expect((await step.run({ x }, rng))['y']).toEqual(ndArray('float32', [2], Float32Array.of(0, 1)));
    await step.release();
  });

  test('an input that is not used is still an input; a step may have none', async () => {
    const step = await compileStep(() => ({ one: tf.scalar(1) }), { inputs: spec, engine, threads: 1 });
    expect([...(await step.run({ x }, rng))['one']!.data]).toEqual([1]);
    await expect(step.run({}, rng)).rejects.toThrow(UsageError);
    await step.release();
  });

  test('unknown options and engines are refused', async () => {
    const fn: StepFunction = ({ x: v }) => ({ y: v! });
    await expect(compileStep(fn, { inputs: spec, engine, speed: 1 } as never)).rejects.toThrow(/speed/);
    await expect(compileStep(fn, { inputs: spec, engine: 'tpu' as never })).rejects.toThrow(/tpu/);
  });
});

describe('a compiled step keeps what it is given apart', () => {
  test('the tfjs variables do not move while it runs, nor it with them', async () => {
    const w = tf.variable(tf.scalar(1));
    const step = await compileStep(() => ({ w: (w.assign(tf.mul(w, 2)), tf.mul(w, 1)) }), {
      inputs: {},
      state: { w },
      threads: 1,
    });
    expect([...(await step.run({}, createRng(1)))['w']!.data]).toEqual([2]);
    expect([...w.dataSync()]).toEqual([1]);
    w.assign(tf.scalar(50));
    expect([...(await step.run({}, createRng(1)))['w']!.data]).toEqual([4]);
    await step.release();
  });

  test('tensors do not leak, whatever is compiled', async () => {
    const net = sequential({ layers: [layers.dense({ inputShape: [3], units: 2 })] });
    const made = adamStep(net, 2);
    const before = tf.memory();
    const step = await compileStep(made.fn, made.options);
    await runSteps(step, made, 2);
    step.writeVariables();
    await step.release();
    expect(tf.memory().numTensors).toBe(before.numTensors);
    expect(tf.memory().numDataBuffers).toBe(before.numDataBuffers);
  });

  test('hundreds of runs do not grow the process', async () => {
    const net = sequential({
      layers: [
        layers.conv2d({ inputShape: [16, 16, 4], filters: 8, kernelSize: 3 }),
        layers.flatten(),
        layers.dense({ units: 3 }),
      ],
    });
    const made = adamStep(net, 8);
    const step = await compileStep(made.fn, made.options);
    await runSteps(step, made, 40);
    const before = process.memoryUsage().rss;
    await runSteps(step, made, 200);
    // A run moves about 0.5 MB of activations and weights: 200 leaked ones would be 100 MB.
    expect((process.memoryUsage().rss - before) / 2 ** 20).toBeLessThan(40);
    await step.release();
  });
});

describe('the same bits', () => {
  test('twice in one process, and in another one', async () => {
    const child = fileURLToPath(new URL('./step-bits.test.child.js', import.meta.url));
    const { stepBits } = (await import('./step-bits.test.child.js')) as { stepBits(): Promise<string> };
    const first = await stepBits();
    expect(await stepBits()).toBe(first);
    const { stdout } = await promisify(execFile)(process.execPath, [child, 'print']);
    expect(stdout.trim().split('\n').at(-1)).toBe(first);
  });

  test('a process that has no backend yet can trace, and chooses one afterwards', async () => {
    const child = fileURLToPath(new URL('./no-backend.test.child.js', import.meta.url));
    const { stdout } = await promisify(execFile)(process.execPath, [child]);
    expect(JSON.parse(stdout.trim().split('\n').at(-1)!)).toEqual({
      y: [2, 4],
      backend: 'cpu',
      again: [2, 4],
      sum: [2],
    });
  });
});
