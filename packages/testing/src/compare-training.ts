import { createRng, ndArray, type NdArray, type NdArrays, type RandomSource } from '@asc/core';
import { compileStep, type Engine } from '@asc/onnx';
import {
  add,
  addN,
  dispose,
  logSoftmax,
  mean,
  mul,
  neg,
  oneHot,
  softplus,
  square,
  sub,
  sum,
  tensor,
  tidy,
  valueAndGrads,
  variable,
  zerosLike,
  type Tensor,
  type Variable,
} from '@tensorflow/tfjs-core';
import type { LayersModel } from '@tensorflow/tfjs-layers';
import { sampleInput } from './layer-fixture.js';

/** A network as the comparison trains it; `outputs` name what its outputs mean, as in a scene model. */
export interface TrainableNetwork {
  readonly training: LayersModel;
  readonly outputs: readonly string[];
}

/** How far two trainings are apart: each figure the largest over its arrays and steps. */
export interface TrainingDifferences {
  /** Of the loss, relative. */
  readonly losses: number;
  /** Of the trained weights, over the largest value of the array. */
  readonly weights: number;
  /** Of the momenta, which sum up the gradients, over the largest value of the array, or of all over 1000. */
  readonly momenta: number;
  /** Of running statistics, over the largest value of the array; 0 where there are none. */
  readonly statistics: number;
}

const STEPS = 2;
const RATE = 0.002;
const MOMENTUM = 0.9;
/** What a norm cancels has no gradient but the rounding of others: its momentum is held against theirs. */
const FLOOR = 1e-3;

/**
 * Trains two steps eagerly and two compiled (engine `cpu`) from equal weights, batches and draws: gradient descent with
 * momentum on the cross-entropy of classes or of independent events, or on the mean square of embeddings, by what the outputs
 * are called.
 *
 * @param makeNetwork gives equal networks each time.
 * @param batch clips in a batch (B).
 */
export async function compareTraining(
  makeNetwork: () => TrainableNetwork,
  batch: number,
): Promise<TrainingDifferences> {
  const eager = await train(makeNetwork(), batch, 'eager');
  const compiled = await train(makeNetwork(), batch, 'cpu');
  const far = { losses: 0, weights: 0, momenta: 0, statistics: 0 };
  for (const [step, expected] of eager.entries()) {
    const most = Math.max(...Object.values(expected.momenta).map(({ data }) => largest(data)));
    for (const kind of ['losses', 'weights', 'momenta', 'statistics'] as const) {
      for (const [name, { data }] of Object.entries(expected[kind])) {
        const scale = Math.max(largest(data), kind === 'momenta' ? FLOOR * most : 0) || 1;
        far[kind] = Math.max(far[kind], deviation(compiled[step]![kind][name]!.data, data) / scale);
      }
    }
  }
  return far;
}

/** What is known after a step, by kind and name. */
type Known = Readonly<Record<keyof TrainingDifferences, NdArrays>>;

async function train({ training, outputs }: TrainableNetwork, batch: number, engine: Engine): Promise<Known[]> {
  moveFromStart(training);
  const trained = training.trainableWeights.map((weight) => weight.originalName);
  const variables = Object.fromEntries(
    training.weights.map((weight) => [weight.originalName, weight.read() as Variable]),
  );
  const weights = trained.map((name) => variables[name]!);
  const momenta = weights.map((weight) => tidy(() => variable(zerosLike(weight), false)));
  const state = { ...variables, ...Object.fromEntries(momenta.map((momentum, i) => [`momentum ${i}`, momentum])) };
  const names = training.inputNames;
  const run = (given: Readonly<Record<string, Tensor>>, random: RandomSource<Tensor>): Record<string, Tensor> => {
    const loss = (): Tensor => {
      const maps = names.map((name) => given[name]!);
      const said = training.apply(maps.length === 1 ? maps[0]! : maps, { training: true, random });
      return addN(([said].flat() as Tensor[]).map((output, i) => cost(output, outputs[i]!)));
    };
    const { value, grads } = valueAndGrads(loss)(weights);
    for (const [i, momentum] of momenta.entries()) {
      momentum.assign(add(mul(momentum, MOMENTUM), grads[i]!));
      weights[i]!.assign(sub(weights[i]!, mul(momentum, RATE)));
    }
    return { loss: value };
  };
  const inputs = Object.fromEntries(
    training.inputs.map(({ shape }, i) => [names[i]!, toArray(sampleInput([batch, ...(shape.slice(1) as number[])]))]),
  );
  const step = await compileStep(run, { inputs, state, engine, layers: training.layers, threads: 1 });
  const known: Known[] = [];
  try {
    for (let i = 0; i < STEPS; i++) {
      const losses = await step.run(inputs, createRng('step').split(i));
      const after = Object.entries(step.readState());
      const those = (kind: (name: string) => boolean): NdArrays =>
        Object.fromEntries(after.filter(([name]) => kind(name)));
      known.push({
        losses,
        weights: those((name) => trained.includes(name)),
        momenta: those((name) => name.startsWith('momentum ')),
        statistics: those((name) => name in variables && !trained.includes(name)),
      });
    }
  } finally {
    await step.release();
    dispose(Object.values(state));
  }
  return known;
}

/** Norms, shifts and statistics leave 1 and 0, where they would hide what comes before them. */
function moveFromStart(model: LayersModel): void {
  const rng = createRng('weights');
  tidy(() => {
    for (const weight of model.weights) {
      const value = weight.read();
      const draw = tensor(rng.split(weight.originalName).fillUniform(new Float32Array(value.size)), value.shape);
      if (/gamma|variance/.test(weight.originalName)) weight.write(add(draw, 0.5));
      else if (/beta|bias|mean/.test(weight.originalName)) weight.write(mul(add(draw, 0.5), 0.2));
    }
  });
}

/** Against classes 0, 1, 2, …; of independent events every third; of embeddings their size. */
function cost(output: Tensor, name: string): Tensor {
  if (name === 'embedding') return mean(square(output));
  const [batch, classes] = output.shape as [number, number];
  if (name === 'events') {
    const heard = tensor(
      Array.from({ length: batch * classes }, (_, i) => Number(i % 3 === 0)),
      [batch, classes],
    );
    return mean(sub(softplus(output), mul(output, heard)));
  }
  const labels = Array.from({ length: batch }, (_, i) => i % classes);
  return neg(mean(sum(mul(logSoftmax(output), oneHot(labels, classes, 1, 0, 'float32')), 1)));
}

function toArray(value: Tensor): NdArray {
  return ndArray('float32', value.shape, Float32Array.from(value.dataSync()));
}

function deviation(a: ArrayLike<number>, b: ArrayLike<number>): number {
  let most = 0;
  for (let i = 0; i < b.length; i++) {
    const difference = Math.abs(a[i]! - b[i]!);
    if (!(difference <= most)) most = Number.isNaN(difference) ? Infinity : difference;
  }
  return most;
}

function largest(values: ArrayLike<number>): number {
  let most = 0;
  for (let i = 0; i < values.length; i++) most = Math.max(most, Math.abs(values[i]!));
  return most;
}
