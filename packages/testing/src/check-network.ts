import { createRng, ndArray, type NdArray, type NdArrays, type RandomSource } from '@asc/core';
import { compileStep, exportOnnx, OnnxRunner, type Engine } from '@asc/onnx';
import {
  addN,
  logSoftmax,
  mean,
  mul,
  neg,
  oneHot,
  sub,
  sum,
  tensor,
  tidy,
  valueAndGrads,
  type Tensor,
  type Variable,
} from '@tensorflow/tfjs-core';
import type { LayersModel } from '@tensorflow/tfjs-layers';
import { relativeDistance } from './expect-close.js';
import { sampleInput } from './layer-fixture.js';
import { MismatchError } from './mismatch-error.js';

/** A network as the harness sees it: logits (B, Y) of one or several tasks in training, of one deployed. */
export interface CheckedNetwork {
  readonly training: LayersModel;
  readonly deployed: LayersModel;
}

const STEPS = 2;
const RATE = 0.02;
/** Both engines compute in float32; they add in different orders. */
const TOLERANCE = 1e-4;

/**
 * Two compiled training steps (cross-entropy, gradient descent) equal two eager ones: losses, and every weight and statistic
 * after each; and the exported network equals the eager one. Within 1e-4 of the largest value of each array.
 *
 * @param makeNetwork gives equal networks each time.
 * @throws MismatchError naming the first that differs.
 */
export async function checkNetwork(makeNetwork: () => CheckedNetwork, shape: readonly number[]): Promise<void> {
  const [eager, traced] = [await train(makeNetwork(), shape, 'eager'), await train(makeNetwork(), shape, 'cpu')];
  for (const [name, expected] of Object.entries(eager)) compare(`${name} in training`, traced[name]!, expected);
  const { deployed } = makeNetwork();
  const x = sampleInput(shape);
  const runner = await OnnxRunner.create(exportOnnx(deployed));
  try {
    const [output] = Object.values(await runner.run({ [deployed.inputNames[0]!]: toArray(x) }));
    compare('the exported output', output!, toArray(deployed.apply(x) as Tensor));
  } finally {
    await runner.release();
  }
}

async function train({ training }: CheckedNetwork, shape: readonly number[], engine: Engine): Promise<NdArrays> {
  moveFromStart(training);
  const weights = training.trainableWeights.map((weight) => weight.read() as Variable);
  const state = Object.fromEntries(training.weights.map((weight) => [weight.originalName, weight.read() as Variable]));
  const fn = ({ x }: Readonly<Record<string, Tensor>>, random: RandomSource<Tensor>): Record<string, Tensor> => {
    const loss = (): Tensor => {
      const outputs = [training.apply(x!, { training: true, random }) as Tensor | Tensor[]].flat();
      return addN(outputs.map(crossEntropy));
    };
    const { value, grads } = valueAndGrads(loss)(weights);
    for (const [i, weight] of weights.entries()) weight.assign(sub(weight, mul(grads[i]!, RATE)));
    return { loss: value };
  };
  const x = toArray(sampleInput(shape));
  const step = await compileStep(fn, { inputs: { x }, state, engine, layers: training.layers, threads: 1 });
  const seen: Record<string, NdArray> = {};
  try {
    for (let i = 1; i <= STEPS; i++) {
      const { loss } = await step.run({ x }, createRng('step').split(i));
      seen[`the loss of step ${i}`] = loss!;
      for (const [name, value] of Object.entries(step.readState())) seen[`${name} after step ${i}`] = value;
    }
  } finally {
    await step.release();
  }
  return seen;
}

/** No weight stays 0 or 1, where a norm would hide what comes before it. */
function moveFromStart(model: LayersModel): void {
  const rng = createRng('weights');
  for (const weight of model.weights) {
    const value = weight.read();
    const noise = rng.split(weight.originalName).fillUniform(new Float32Array(value.size));
    const moved = value.dataSync().map((v, i) => v + 0.2 * noise[i]!);
    tidy(() => {
      weight.write(tensor(moved, value.shape, 'float32'));
    });
  }
}

/** Against labels 0, 1, 2, … */
function crossEntropy(logits: Tensor): Tensor {
  const [batch, classes] = logits.shape as [number, number];
  const labels = oneHot(
    Array.from({ length: batch }, (_, i) => i % classes),
    classes,
    1,
    0,
    'float32',
  );
  return neg(mean(sum(mul(logSoftmax(logits), labels), 1)));
}

function compare(what: string, actual: NdArray, expected: NdArray): void {
  const distance = relativeDistance(actual.data, expected.data);
  if (distance <= TOLERANCE) return;
  throw new MismatchError({
    what: `The compiled network differs from the eager one: ${what}.`,
    expected: `within ${TOLERANCE} of the largest value`,
    received: `${distance}`,
  });
}

function toArray(value: Tensor): NdArray {
  return ndArray('float32', value.shape, Float32Array.from(value.dataSync()));
}
