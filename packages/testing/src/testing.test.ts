import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { describe, expect, test } from '@jest/globals';
import * as tf from '@tensorflow/tfjs-core';
import { initializers, layers, type Shape } from '@tensorflow/tfjs-layers';
import { checkLayer } from './check-layer.js';
import { expectClose, relativeDistance } from './expect-close.js';
import { readGolden } from './read-golden.js';
import { seededDraws } from './seeded-draws.js';

/** y = gain·x with one gain per channel: the sound layer the broken ones below differ from by one thing. */
class Gain extends layers.Layer {
  static className = 'TestGain';
  gain!: { read: () => tf.Tensor };

  override build(shape: Shape): void {
    this.gain = this.addWeight('gain', [shape.at(-1)!], 'float32', initializers.ones());
    this.built = true;
  }

  override computeOutputShape(shape: Shape): Shape {
    return shape;
  }

  override call(inputs: tf.Tensor | tf.Tensor[]): tf.Tensor {
    return tf.tidy(() => this.scale(Array.isArray(inputs) ? inputs[0]! : inputs));
  }

  scale(x: tf.Tensor): tf.Tensor {
    return tf.mul(x, this.gain.read());
  }

  macs(shape: Shape): number {
    return shape.slice(1).reduce<number>((product, size) => product * size!, 1);
  }
}
tf.serialization.registerClass(Gain);

class WrongShape extends Gain {
  static override className = 'TestWrongShape';
  override computeOutputShape(shape: Shape): Shape {
    return [...shape.slice(0, -1), shape.at(-1)! + 1];
  }
}
tf.serialization.registerClass(WrongShape);

class WrongGradient extends Gain {
  static override className = 'TestWrongGradient';
  override scale(x: tf.Tensor): tf.Tensor {
    const wrong = tf.customGrad((...args) => ({
      value: tf.mul(args[0] as tf.Tensor, args[1] as tf.Tensor),
      gradFunc: (dy: tf.Tensor) => [tf.mul(dy, 3), tf.sum(dy, 0)],
    }));
    return wrong(x, this.gain.read());
  }
}
tf.serialization.registerClass(WrongGradient);

class NoGradient extends Gain {
  static override className = 'TestNoGradient';
  override scale(x: tf.Tensor): tf.Tensor {
    return tf.mul(tf.mul(x, 0), this.gain.read());
  }
}
tf.serialization.registerClass(NoGradient);

class Leaks extends Gain {
  static override className = 'TestLeaks';
  override call(inputs: tf.Tensor | tf.Tensor[]): tf.Tensor {
    return tf.mul(tf.add(Array.isArray(inputs) ? inputs[0]! : inputs, 1), this.gain.read());
  }
}
tf.serialization.registerClass(Leaks);

class ForgetsConfig extends Gain {
  static override className = 'TestForgetsConfig';
  readonly #extra: number;
  constructor(config: { name: string; extra?: number }) {
    const { extra = 1, ...rest } = config;
    super(rest);
    this.#extra = extra;
  }
  override getConfig(): tf.serialization.ConfigDict {
    return { ...super.getConfig(), extra: this.#extra + 1 };
  }
}
tf.serialization.registerClass(ForgetsConfig);

class Unregistered extends Gain {
  static override className = 'TestUnregistered';
}

describe('the layer harness', () => {
  const shape = [[2, 3]];

  test('passes a sound layer', async () => {
    await checkLayer(() => new Gain({ name: 'gain' }), shape, { parameters: 3, macs: () => 3 });
  });

  test.each([
    ['a wrong shape', () => new WrongShape({ name: 'gain' }), 'inferred output shape is wrong'],
    ['a wrong gradient', () => new WrongGradient({ name: 'gain' }), 'against differences'],
    ['a vanished gradient', () => new NoGradient({ name: 'gain' }), 'zero everywhere'],
    ['a tensor leak', () => new Leaks({ name: 'gain' }), 'leaves tensors behind'],
    ['a lossy configuration', () => new ForgetsConfig({ name: 'gain' }), 'does not survive a round trip'],
    ['an unregistered class', () => new Unregistered({ name: 'gain' }), 'not registered'],
  ])('refuses %s', async (_, make, message) => {
    await expect(checkLayer(make, shape)).rejects.toThrow(message);
  });

  test('refuses wrong counts', async () => {
    const gain = (): Gain => new Gain({ name: 'gain' });
    await expect(checkLayer(gain, shape, { parameters: 4 })).rejects.toThrow('parameters is wrong');
    await expect(checkLayer(gain, shape, { macs: () => 4 })).rejects.toThrow('MACs is wrong');
  });
});

describe('expectClose', () => {
  test('accepts what is within tolerance', () => {
    expectClose([1, 2.00001], new Float32Array([1, 2]));
    expectClose([], []);
  });

  test('names the worst element', () => {
    const check = (): void => expectClose([1, 2.5, 4], [1, 2, 3], { what: 'logits' });
    expect(check).toThrow('logits: 2 of 3 values are off, worst at index 2.');
    expect(check).toThrow('received 4 (off by 1.00e+0)');
  });

  test('refuses NaN, even against NaN, and other lengths', () => {
    expect(() => expectClose([NaN], [NaN])).toThrow('off');
    expect(() => expectClose([1, 2], [1])).toThrow('the lengths differ');
  });

  test('relativeDistance is scale-free', () => {
    expect(relativeDistance([10, 101], [10, 100])).toBeCloseTo(0.01);
    expect(relativeDistance([0, 0], [0, 0])).toBe(0);
    expect(relativeDistance([NaN], [1])).toBeNaN();
  });
});

test('golden files come as arrays', () => {
  const folder = mkdtempSync(join(tmpdir(), 'golden-'));
  const write = (name: string, bytes: Uint8Array): URL => {
    writeFileSync(join(folder, name), bytes);
    return pathToFileURL(join(folder, name));
  };
  const npy = (header: string, data: Uint8Array): Uint8Array =>
    Buffer.concat([
      Buffer.from([0x93]),
      Buffer.from('NUMPY\x01\x00'),
      Buffer.from([header.length, 0]),
      Buffer.from(header),
      data,
    ]);
  const bytes = new Uint8Array(new Float32Array([1, 2, 3, 4, 5, 6]).buffer);
  try {
    expect(readGolden(write('x.bin', bytes))).toEqual(new Float32Array([1, 2, 3, 4, 5, 6]));
    const header = "{'descr': '<f4', 'fortran_order': False, 'shape': (2, 3), }\n";
    expect(readGolden(write('x.npy', npy(header, bytes)))).toEqual({
      shape: [2, 3],
      data: new Float32Array([1, 2, 3, 4, 5, 6]),
    });
    const fortran = npy(header.replace('False', 'True'), bytes);
    expect(() => readGolden(write('y.npy', fortran))).toThrow('Fortran order');
    expect(() => readGolden(write('z.npy', npy(header.replace('<f4', '<c8'), bytes)))).toThrow('<c8');
    expect(() => readGolden(write('w.npy', bytes))).toThrow('not a NumPy file');
  } finally {
    rmSync(folder, { recursive: true });
  }
});

test('golden files of other kinds are refused', () => {
  expect(() => readGolden(new URL('../README.md', import.meta.url))).toThrow('.json, .npy or .bin');
  expect(readGolden<{ name: string }>(new URL('../package.json', import.meta.url)).name).toBe('@asc/testing');
});

test('seeded draws repeat, whatever was drawn under other labels', () => {
  const first = seededDraws(1).uniform([4], 'a').dataSync();
  const source = seededDraws(1);
  source.normal([3], 'b');
  expect(source.uniform([4], 'a').dataSync()).toEqual(first);
  expect(seededDraws(2).uniform([4], 'a').dataSync()).not.toEqual(first);
});
