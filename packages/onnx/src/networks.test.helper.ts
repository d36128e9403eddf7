import { type NdArray, type NdArrays, createRng, ndArray, sizeOf } from '@asc/core';
import * as tf from '@tensorflow/tfjs-core';
import { type LayersModel } from '@tensorflow/tfjs-layers';
import type { CompiledStep, StepFunction, StepOptions } from './step.js';

/** Standard normal numbers named by `seed`. */
export function noise(shape: readonly number[], seed: string): NdArray {
  return ndArray(
    'float32',
    shape,
    createRng(11)
      .split(seed)
      .fillNormal(new Float32Array(sizeOf(shape))),
  );
}

/** The model's variables by stable names: layer, then what tfjs-layers calls the weight. */
export function variablesOf(model: LayersModel): Record<string, tf.Variable> {
  return Object.fromEntries(
    model.weights.map((w, i) => [`${i}/${w.originalName.split('/').at(-1)}`, w.read() as tf.Variable]),
  );
}

/** Weights that no initialiser drew: the same in every run, statistics away from 0 and 1. */
export function setWeights(model: LayersModel, seed = 'weights'): void {
  tf.tidy(() => {
    model.setWeights(
      model.weights.map((w, i) => {
        const { shape, data } = noise(w.shape as number[], `${seed}/${i}`);
        const isPositive = /variance|gamma/.test(w.originalName);
        const numbers = data.map((v) => (isPositive ? 0.6 + Math.abs(v) / 2 : v / Math.sqrt(shape.length > 1 ? 4 : 9)));
        return tf.tensor(numbers, [...shape]);
      }),
    );
  });
}

/** A training step with Adam of a classifier that ends in logits (B, Y); its variables and options. */
export function adamStep(
  model: LayersModel,
  batch: number,
  apply: (x: tf.Tensor, random: Parameters<StepFunction>[1]) => tf.Tensor = (x) =>
    model.apply(x, { training: true }) as tf.Tensor,
): { readonly fn: StepFunction; readonly options: StepOptions; readonly classes: number } {
  const classes = model.outputs[0]!.shape.at(-1)!;
  const state = variablesOf(model);
  const trained = model.trainableWeights.map((w) => w.read() as tf.Variable);
  const zeros = (v: tf.Tensor): tf.Variable => tf.tidy(() => tf.variable(tf.zerosLike(v)));
  const first = trained.map(zeros);
  const second = trained.map(zeros);
  const time = tf.tidy(() => tf.variable(tf.scalar(0)));
  const fn: StepFunction = ({ x, y }, random) => {
    const { value, grads } = tf.variableGrads(() => {
      const logits = apply(x!, random);
      return tf.neg(tf.mean(tf.sum(tf.mul(tf.logSoftmax(logits), tf.oneHot(y!, classes, 1, 0, 'float32')), -1)));
    }, trained);
    time.assign(tf.add(time, 1));
    const rate = tf.div(tf.mul(0.01, tf.sqrt(tf.sub(1, tf.pow(0.999, time)))), tf.sub(1, tf.pow(0.9, time)));
    trained.forEach((v, i) => {
      const g = grads[v.name]!;
      const [m, s] = [first[i]!, second[i]!];
      m.assign(tf.add(tf.mul(m, 0.9), tf.mul(g, 0.1)));
      s.assign(tf.add(tf.mul(s, 0.999), tf.mul(tf.square(g), 0.001)));
      v.assign(tf.sub(v, tf.div(tf.mul(rate, m), tf.add(tf.sqrt(s), 1e-3))));
    });
    return { loss: value };
  };
  const slots = (list: readonly tf.Variable[], name: string): [string, tf.Variable][] =>
    list.map((v, i) => [`${name}/${i}`, v]);
  const options: StepOptions = {
    inputs: {
      x: { dtype: 'float32', shape: [batch, ...(model.inputs[0]!.shape.slice(1) as number[])] },
      y: { dtype: 'int32', shape: [batch] },
    },
    state: { ...state, ...Object.fromEntries([...slots(first, 'm'), ...slots(second, 'v')]), time },
    layers: model.layers,
    threads: 1,
  };
  return { fn, options, classes };
}

/** Runs `steps` steps on numbers that depend on nothing but the step; the losses and the last state. */
export async function runSteps(
  step: CompiledStep,
  { options, classes }: { readonly options: StepOptions; readonly classes: number },
  steps: number,
): Promise<{ readonly losses: number[]; readonly state: NdArrays }> {
  const losses: number[] = [];
  const shape = options.inputs['x']!.shape;
  for (let i = 0; i < steps; i++) {
    const rng = createRng(3).split(i);
    const y = ndArray(
      'int32',
      [shape[0]!],
      Int32Array.from({ length: shape[0]! }, () => rng.integer(classes)),
    );
    const results = await step.run({ x: noise(shape, `batch/${i}`), y }, rng.split('draws'));
    losses.push(results['loss']!.data[0]!);
  }
  return { losses, state: step.readState() };
}
