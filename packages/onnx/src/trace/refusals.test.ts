import { createRng, ndArray, TraceError, UsageError } from '@asc/core';
import * as tf from '@tensorflow/tfjs-core';
import { layers, type Shape, sequential, type Sequential } from '@tensorflow/tfjs-layers';
import { afterEach, beforeAll, beforeEach, describe, expect, test } from '@jest/globals';
import { compileStep } from '../compile-step.js';
import { exportOnnx } from '../export/export-onnx.js';
import type { StepFunction } from '../step.js';
import { DEFAULT_LOWERINGS } from './lowerings/index.js';
import { TRACED_GRADIENTS } from './gradients.js';
import { TRACE_BACKEND } from './trace-backend.js';
import { type TraceOptions, trace } from './trace.js';
import { runModel, useCpuBackend } from './traced.test.helper.js';

beforeAll(useCpuBackend);

const X = { x: { dtype: 'float32', shape: [2, 3] } } as const;
const traced = (fn: StepFunction, options: Partial<TraceOptions> = {}): unknown => trace(fn, { inputs: X, ...options });

/** A layer whose call is what a test needs. */
class Odd extends layers.Layer {
  static className = 'Odd';
  constructor(
    name: string,
    private readonly odd: (x: tf.Tensor) => tf.Tensor,
  ) {
    super({ name });
  }
  override call(inputs: tf.Tensor | tf.Tensor[]): tf.Tensor {
    return tf.tidy(() => this.odd(Array.isArray(inputs) ? inputs[0]! : inputs));
  }
  override computeOutputShape(shape: Shape): Shape {
    return shape;
  }
}

function netWith(odd: (x: tf.Tensor) => tf.Tensor): Sequential {
  return sequential({ layers: [layers.dense({ inputShape: [3], units: 3 }), new Odd('odd', odd)] });
}

/** All of tfjs that a trace touches. */
function snapshot(variables: readonly tf.Variable[], called: readonly layers.Layer[]): unknown {
  const { numTensors, numDataBuffers, numBytes } = tf.memory();
  return {
    numTensors,
    numDataBuffers,
    numBytes,
    backend: tf.getBackend(),
    values: variables.map((v) => [...v.dataSync()]),
    dataIds: variables.map((v) => v.dataId),
    registered: Object.keys(tf.engine().state.registeredVariables),
    gradients: TRACED_GRADIENTS.map(({ kernelName }) => tf.getGradient(kernelName)),
    wrapped: called.filter((l) => Object.hasOwn(l, 'call')).map((l) => l.name),
    keep: Object.hasOwn(tf.engine(), 'keep'),
    works: [...tf.tidy(() => tf.add(tf.tensor1d([1, 2]), 1).dataSync())],
  };
}

let weight: tf.Variable;
let other: tf.Variable;
let watched: layers.Layer[] = [];
let before: unknown;
const snap = (): unknown => snapshot([weight, other], watched);

beforeEach(() => {
  weight = tf.variable(tf.tensor1d([1, 2, 3]));
  other = tf.variable(tf.tensor1d([4, 5], 'int32'));
  watched = [];
  before = snap();
});

afterEach(() => {
  // The same objects, not equal ones.
  const now = snap() as Record<string, unknown[]>;
  const then = before as Record<string, unknown[]>;
  expect(now).toEqual(then);
  now['gradients']!.forEach((g, i) => expect(g).toBe(then['gradients']![i]));
  now['dataIds']!.forEach((id, i) => expect(id).toBe(then['dataIds']![i]));
  weight.dispose();
  other.dispose();
});

describe('what a graph cannot hold is refused by name, and tfjs is left as it was', () => {
  const state = (): Record<string, tf.Variable> => ({ weight });

  test('random ops', () => {
    for (const [name, draw] of Object.entries({
      randomUniform: () => tf.randomUniform([2, 3]),
      randomNormal: () => tf.randomNormal([2, 3]),
      truncatedNormal: () => tf.truncatedNormal([2, 3]),
      dropout: () => tf.dropout(tf.ones([2, 3]), 0.5),
    })) {
      expect(() => traced(({ x }) => ({ y: tf.add(x!, draw()) }))).toThrow(TraceError);
      expect(() => traced(({ x }) => ({ y: tf.add(x!, draw()) }))).toThrow(
        new RegExp(name === 'dropout' ? 'random|dropout' : name),
      );
    }
  });

  test('stock dropout in training, by layer', () => {
    const net = sequential({
      layers: [layers.dense({ inputShape: [3], units: 4 }), layers.dropout({ name: 'dropped', rate: 0.5 })],
    });
    watched = net.layers;
    before = snap();
    const fn: StepFunction = ({ x }) => ({ y: net.apply(x!, { training: true }) as tf.Tensor });
    expect(() => traced(fn, { layers: net.layers })).toThrow(/random numbers while tracing in the layer 'dropped'/);
    // In inference it does nothing.
    expect(() => traced(({ x }) => ({ y: net.apply(x!) as tf.Tensor }), { layers: net.layers })).not.toThrow();
    net.dispose();
    before = { ...(before as object), ...pick(snap(), ['numTensors', 'numDataBuffers', 'numBytes', 'registered']) };
    watched = [];
  });

  test.each([
    ['tf.randomUniform', (x: tf.Tensor) => tf.add(x, tf.randomUniform([3])), /'randomUniform' draws.*layer 'odd'/],
    ['dataSync', (x: tf.Tensor) => tf.mul(x, x.dataSync()[0]!), /value was read.*layer 'odd'/],
    ['arraySync', (x: tf.Tensor) => tf.mul(x, (x.arraySync() as number[][])[0]![0]!), /value was read.*layer 'odd'/],
    ['Math.random', (x: tf.Tensor) => tf.mul(x, Math.random()), /constant differs.*layer 'odd'/],
    ['a variable made in passing', (x: tf.Tensor) => tf.mul(x, tf.variable(tf.scalar(1))), /made the variable/],
    ['a kept tensor', (x: tf.Tensor) => tf.keep(tf.mul(x, 2)), /was kept in the layer 'odd'/],
    [
      'an unknown kernel',
      (x: tf.Tensor) => tf.engine().runKernel('Nonesuch', { x }) as tf.Tensor,
      /'Nonesuch' has no ONNX lowering in the layer 'odd'/,
    ],
    [
      'an unknown tfjs kernel',
      (x: tf.Tensor) => tf.topk(x, 3).values,
      /'TopK' has no ONNX lowering in the layer 'odd'/,
    ],
    ['complex numbers', (x: tf.Tensor) => tf.real(tf.complex(x, x)), /'Complex'.*layer 'odd'/],
    ['strings', (x: tf.Tensor) => tf.add(x, tf.tensor1d(['a']) as never), /layer 'odd'/],
    [
      'an error of its own',
      () => {
        throw new Error('own words');
      },
      /layer 'odd'.*own words/,
    ],
  ] as const)('%s in a layer', (_, odd, message) => {
    const net = netWith(odd as never);
    watched = net.layers;
    before = snap();
    expect(() => exportOnnx(net)).toThrow(TraceError);
    expect(() => exportOnnx(net)).toThrow(message);
    expect(snap()).toEqual(before);
    net.dispose();
    watched = [];
    before = snap();
  });

  test('a failure inside a gradient leaves nothing that it saved', () => {
    const fn: StepFunction = ({ x }) => {
      const { value, grads } = tf.variableGrads(() => {
        const y = tf.tanh(tf.mul(tf.square(x!), weight));
        if (y.shape.length === 2) throw new Error('half-way');
        return tf.sum(y);
      });
      return { value, ...grads };
    };
    expect(() => traced(fn, { state: state() })).toThrow(/half-way/);
    expect(tf.engine().state.gradientDepth).toBe(0);
  });

  test('Math.random in an attribute, a shape, a branch', () => {
    expect(() => traced(({ x }) => ({ y: tf.leakyRelu(x!, Math.random()) }))).toThrow(
      /something else each time.*LeakyRelu/,
    );
    expect(() => traced(({ x }) => ({ y: tf.fill([2], Math.random()), x2: tf.neg(x!) }))).toThrow(TraceError);
    let calls = 0;
    expect(() => traced(({ x }) => ({ y: calls++ % 2 === 0 ? tf.exp(x!) : tf.log(x!) }))).toThrow(
      /something else each time/,
    );
    expect(() =>
      traced(({ x }) => ({
        y: tf.pad(x!, [
          [0, 0],
          [0, ++calls],
        ]),
      })),
    ).toThrow(TraceError);
    expect(() => traced(({ x }) => ({ y: ++calls % 2 === 0 ? tf.exp(x!) : tf.neg(tf.exp(x!)) }))).toThrow(TraceError);
  });

  test('a variable assigned that is not part of the state', () => {
    const fn: StepFunction = ({ x }) => {
      weight.assign(tf.mul(weight, 2));
      return { y: x! };
    };
    expect(() => traced(fn)).toThrow(new RegExp(`'${weight.name}', which is not part of its state`));
  });

  test('a variable made by an optimiser in passing', () => {
    const fn: StepFunction = ({ x }) => {
      const loss = tf.train.adam(0.1).minimize(() => tf.sum(tf.mul(x!, weight)), true, [weight]);
      return { loss: loss! };
    };
    expect(() => traced(fn, { state: state() })).toThrow(/made the variable/);
  });

  test('the same variable under two names, a disposed one, none, and one of complex numbers', () => {
    expect(() => traced(({ x }) => ({ y: x! }), { state: { a: weight, b: weight } })).toThrow(
      /'b' and 'a' are the same variable/,
    );
    const gone = tf.variable(tf.scalar(1));
    gone.dispose();
    expect(() => traced(({ x }) => ({ y: x! }), { state: { gone } })).toThrow(/'gone'.*\n.*disposed/);
    expect(() => traced(({ x }) => ({ y: x! }), { state: { a: 5 as never } })).toThrow(/'a' is not a variable/);
    const complex = tf.variable(tf.complex(1, 2), true, undefined, 'complex64');
    expect(() => traced(({ x }) => ({ y: x! }), { state: { complex } })).toThrow(/'complex'.*\n.*complex64/);
    complex.dispose();
    before = { ...(before as object), ...pick(snap(), ['numTensors', 'numDataBuffers', 'numBytes']) };
  });

  test('a trace within a trace', () => {
    expect(() => traced(({ x }) => ({ y: (traced(({ x: z }) => ({ z: z! })), x!) }))).toThrow(/inside a trace/);
  });

  test('an unknown kernel says how to lower it, also beside a lowering of one’s own', async () => {
    const fn: StepFunction = ({ x }) => ({ y: tf.engine().runKernel('Unheard', { x: x! }) as tf.Tensor });
    expect(() => traced(fn)).toThrow(/lowerings: \{ \.\.\.DEFAULT_LOWERINGS, Unheard:/);
    const lowerings = { ...DEFAULT_LOWERINGS, Unheard: DEFAULT_LOWERINGS['Neg']! };
    const { model } = trace(fn, { inputs: X, lowerings });
    const { y } = await runModel(model, { x: ndArray('float32', [2, 3], Float32Array.of(1, 2, 3, 4, 5, 6)) });
    expect([...y!.data]).toEqual([-1, -2, -3, -4, -5, -6]);
    // Known to the process from then on, but not to other traces.
    expect(() => traced(fn)).toThrow(/'Unheard' has no ONNX lowering/);
    await expect(compileStep(fn, { inputs: X })).rejects.toThrow(/'Unheard' has no ONNX lowering/);
  });

  test('a lowering that fails', () => {
    const lowerings = {
      ...DEFAULT_LOWERINGS,
      Neg: () => {
        throw new Error('cannot do that');
      },
    };
    expect(() => traced(({ x }) => ({ y: tf.neg(x!) }), { lowerings })).toThrow(/cannot do that/);
  });

  test('ops whose attributes no graph has', () => {
    const indices = (): tf.Tensor1D =>
      tf.tensor2d(
        [
          [0, 1],
          [1, 0],
        ],
        [2, 2],
        'int32',
      ) as never;
    expect(() => traced(({ x }) => ({ y: tf.gather(x!, indices(), 1, 1) }))).toThrow(/batchDims/);
    expect(() =>
      traced(({ x }) => ({
        y: tf.mirrorPad(
          x!,
          [
            [1, 1],
            [0, 0],
          ],
          'symmetric',
        ),
      })),
    ).toThrow(/symmetric/);
    const map = { map: { dtype: 'float32', shape: [1, 3, 4, 4] } } as const;
    expect(() =>
      traced(({ map: m }) => ({ y: tf.conv2d(m as tf.Tensor4D, tf.ones([2, 2, 3, 1]), 1, 'valid', 'NCHW') }), {
        inputs: map,
      }),
    ).toThrow(/channelsLast/);
  });

  test('results that are not named tensors', () => {
    expect(() => traced(() => undefined as never)).toThrow(/did not return named tensors/);
    expect(() => traced(({ x }) => x! as never)).toThrow(/received a tensor/);
    expect(() => traced((async ({ x }: { x: tf.Tensor }) => ({ y: x })) as never)).toThrow(/received a promise/);
    expect(() => traced(({ x }) => ({ x2: x!, loss: 3 as never }))).toThrow(/'loss'.*not a tensor/);
  });

  test('names that mean something else', () => {
    expect(() => traced(({ x }) => ({ x: tf.neg(x!) }))).toThrow(/'x' cannot be the name of an output/);
    expect(() => traced(({ x }) => ({ 'next/w': x! }))).toThrow(UsageError);
    expect(() => traced(() => ({}), { inputs: { 'state/w': X.x } })).toThrow(
      /'state\/w' cannot be the name of an input/,
    );
    expect(() => traced(() => ({}), { inputs: { 'random/uniform/a/0': X.x } })).toThrow(UsageError);
  });

  test('a tensor that outlived its trace', () => {
    let escaped: tf.Tensor | undefined;
    traced(({ x }) => {
      escaped = tf.neg(x!);
      return { y: escaped };
    });
    expect(() => escaped!.dataSync()).toThrow(/disposed/);
    expect(() => tf.neg(escaped!)).toThrow();
  });

  test('the trace backend used by hand', async () => {
    await tf.setBackend(TRACE_BACKEND);
    expect(() => tf.tensor1d([1])).toThrow(/used outside a trace/);
    await tf.setBackend('cpu');
  });
});

describe('what looks odd and is fine', () => {
  test('NaN and infinite constants, drawn once outside', async () => {
    const noise = tf.tensor1d([NaN, Infinity, createRng(1).uniform()]);
    const { model } = trace(({ x }) => ({ y: tf.add(x!, noise), z: tf.add(x!, tf.tensor1d([NaN, -0, 1])) }), {
      inputs: X,
    });
    const { y, z } = await runModel(model, { x: ndArray('float32', [2, 3]) });
    expect(y!.data[0]).toBeNaN();
    expect(y!.data[1]).toBe(Infinity);
    expect(z!.data[3]).toBeNaN();
    noise.dispose();
  });

  test('variables that are read only, of every type, and those of complex numbers beside them', async () => {
    const complex = tf.variable(tf.complex(1, 2), true, undefined, 'complex64');
    const flag = tf.variable(tf.tensor1d([true, false], 'bool'));
    const { model } = trace(
      ({ x }) => ({ y: tf.mul(x!, weight), i: tf.add(other, tf.scalar(1, 'int32')), f: tf.logicalNot(flag) }),
      {
        inputs: X,
      },
    );
    const results = await runModel(model, { x: ndArray('float32', [2, 3], Float32Array.of(1, 1, 1, 2, 2, 2)) });
    expect([...results['y']!.data]).toEqual([1, 2, 3, 2, 4, 6]);
    expect(results['i']).toEqual(ndArray('int32', [2], Int32Array.of(5, 6)));
    expect(results['f']).toEqual(ndArray('bool', [2], Uint8Array.of(0, 1)));
    complex.dispose();
    flag.dispose();
    before = { ...(before as object), ...pick(snap(), ['numTensors', 'numDataBuffers', 'numBytes']) };
  });

  test('outputs called what nodes and constants are called', async () => {
    const { model } = trace(
      ({ x }) => {
        const sum = tf.add(tf.neg(x!), tf.tensor1d([1, 2, 3]));
        return { Add: tf.exp(sum), const: tf.mul(sum, sum), Neg: tf.neg(sum), output: sum, Exp: tf.abs(sum) };
      },
      { inputs: X },
    );
    const results = await runModel(model, { x: ndArray('float32', [2, 3], Float32Array.of(1, 2, 3, 0, 2, 3)) });
    expect(Object.keys(results)).toEqual(['Add', 'const', 'Neg', 'output', 'Exp']);
    expect([...results['Neg']!.data].map(Math.abs)).toEqual([0, 0, 0, 1, 0, 0]);
    expect([...results['Add']!.data]).toEqual([1, 1, 1, expect.closeTo(Math.E, 5), 1, 1]);
  });

  test('the same output twice, an input passed on, no outputs', async () => {
    const { model } = trace(({ x }) => ({ a: x!, b: x!, c: tf.neg(x!) }), { inputs: X });
    const results = await runModel(model, { x: ndArray('float32', [2, 3]) });
    expect(Object.keys(results)).toEqual(['a', 'b', 'c']);
    expect(trace(() => ({}), { inputs: X }).model.nodes).toEqual([]);
  });

  test('a layer that catches an error of its own', () => {
    const net = netWith((x) => {
      try {
        return tf.topk(x, 3).values;
      } catch {
        return tf.neg(x);
      }
    });
    expect(exportOnnx(net).nodes.some((n) => n.op === 'Neg' && n.name.startsWith('odd/'))).toBe(true);
    net.dispose();
    before = snap();
  });
});

function pick(from: unknown, keys: readonly string[]): Record<string, unknown> {
  return Object.fromEntries(keys.map((k) => [k, (from as Record<string, unknown>)[k]]));
}
