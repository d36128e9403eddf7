import { createRng, ndArray, type NdArray, type NdArrays, type RandomSource } from '@asc/core';
import { compileStep, type Engine } from '@asc/onnx';
import { valueAndGrads, type Tensor, type Variable } from '@tensorflow/tfjs-core';
import type { layers } from '@tensorflow/tfjs-layers';
import { IDLE_GRADIENT } from './check-gradients.js';
import { expectClose, relativeDistance } from './expect-close.js';
import { sampleInput } from './layer-fixture.js';
import { MismatchError } from './mismatch-error.js';

/** Both engines compute in float32; they add in different orders. */
const TOLERANCE = 1e-4;

/**
 * The traced layer equals the eager one: output, gradient by the input and by each trained weight, and the weights a
 * training pass moves (running statistics), within 1e-4 of the largest value of each array; gradients by `idle` weights are
 * rounding alone, and both all but zero. @throws MismatchError.
 */
export async function checkTraced(
  buildLayer: () => layers.Layer,
  shape: readonly number[],
  training: boolean,
  idle: readonly string[] = [],
): Promise<void> {
  const reference = await runStep(buildLayer(), shape, training, 'eager');
  const traced = await runStep(buildLayer(), shape, training, 'cpu');
  for (const [name, expected] of Object.entries(reference)) {
    if (idle.some((weight) => name === `gradient by ${weight}`)) {
      const zeros = new Float32Array(expected.data.length);
      expectClose(traced[name]!.data, zeros, { rtol: 0, atol: IDLE_GRADIENT, what: `the traced ${name}` });
      continue;
    }
    const distance = relativeDistance(traced[name]!.data, expected.data);
    if (distance <= TOLERANCE) continue;
    throw new MismatchError({
      what: `The traced layer differs from the eager one in ${training ? 'training' : 'inference'}: ${name}.`,
      expected: `within ${TOLERANCE} of the largest value`,
      received: `${distance}`,
    });
  }
}

async function runStep(
  layer: layers.Layer,
  shape: readonly number[],
  training: boolean,
  engine: Engine,
): Promise<NdArrays> {
  const weights = layer.trainableWeights;
  const variables = weights.map((weight) => weight.read() as Variable);
  const state = Object.fromEntries(layer.weights.map((weight) => [weight.originalName, weight.read() as Variable]));
  const outputShape = (layer.computeOutputShape([...shape]) as number[]).slice();
  const fn = (inputs: Readonly<Record<string, Tensor>>, random: RandomSource<Tensor>): Record<string, Tensor> => {
    const forward = (...tensors: Tensor[]): Tensor => layer.apply(tensors[0]!, { training, random }) as Tensor;
    const { value, grads } = valueAndGrads(forward)([inputs['x']!, ...variables], inputs['projection']!);
    const byWeight = weights.map((weight, i) => [`gradient by ${weight.originalName}`, grads[i + 1]!] as const);
    return { output: value, 'gradient by the input': grads[0]!, ...Object.fromEntries(byWeight) };
  };
  const inputs = { x: toArray(sampleInput(shape)), projection: toArray(sampleInput(outputShape, 'projection')) };
  const step = await compileStep(fn, { inputs, state, engine });
  try {
    const outputs = await step.run(inputs, createRng('draws'));
    const moved = Object.entries(step.readState()).map(([name, value]) => [`state ${name}`, value] as const);
    return { ...outputs, ...Object.fromEntries(moved) };
  } finally {
    await step.release();
  }
}

function toArray(value: Tensor): NdArray {
  return ndArray('float32', value.shape, Float32Array.from(value.dataSync()));
}
