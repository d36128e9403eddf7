import type { NdArrays } from '@asc/core';
import { ndArray } from '@asc/core';
import { headScalars, traceHeadStep } from './head-step.js';
import type { Head } from './model-head.js';
import { columnStatistics } from './places.js';

/** Runs an encoded ONNX graph: in the page onnxruntime-web, in Node onnxruntime-node. */
export interface GraphRunner {
  run(feeds: NdArrays): Promise<NdArrays>;
  release(): Promise<void>;
}
export type OpenGraph = (bytes: Uint8Array) => Promise<GraphRunner>;

export const STEPS = 200;
const LEARNING_RATE = 0.05;

/** Features (N, E) with the number of each one's place. */
export interface Examples {
  readonly features: Float32Array;
  readonly places: readonly number[];
}

/**
 * Trains a dense layer from zero on all examples at once, {@link STEPS} steps of the traced graph; places count alike however
 * many examples each has. The features are brought to mean 0 and deviation 1, which the returned layer undoes.
 */
export async function trainHead(
  { features, places }: Examples,
  classes: number,
  { open, onStep }: { readonly open: OpenGraph; readonly onStep?: (step: number, loss: number) => void },
): Promise<Head> {
  const examples = places.length;
  const width = features.length / examples;
  const { mean, deviation } = columnStatistics(features, width);
  const scaled = features.map((x, i) => (x - mean[i % width]!) / deviation[i % width]!);
  const targets = new Float32Array(examples * classes);
  const counts = Array.from({ length: classes }, (_, place) => places.filter((each) => each === place).length);
  places.forEach((place, i) => (targets[i * classes + place] = examples / (classes * counts[place]!)));

  const size = (width + 1) * classes;
  let state: NdArrays = {
    parameters: ndArray('float32', [size]),
    firstMoment: ndArray('float32', [size]),
    secondMoment: ndArray('float32', [size]),
  };
  const constant = {
    features: ndArray('float32', [examples, width], scaled),
    targets: ndArray('float32', [examples, classes], targets),
  };
  const graph = await open(traceHeadStep(examples, width, classes));
  try {
    for (let step = 0; step < STEPS; step += 1) {
      const scalars = Object.entries(headScalars(step, LEARNING_RATE)).map(
        ([name, value]) => [name, ndArray('float32', [], Float32Array.of(value))] as const,
      );
      const results = await graph.run({ ...constant, ...state, ...Object.fromEntries(scalars) });
      state = Object.fromEntries(Object.keys(state).map((name) => [name, results[`next-${name}`]!]));
      onStep?.(step + 1, results['loss']!.data[0]!);
    }
  } finally {
    await graph.release();
  }
  return unscaled(state['parameters']!.data as Float32Array, { width, classes, mean, deviation });
}

/** The layer that does to features as they come what `flat` does to scaled ones. */
function unscaled(
  flat: Float32Array,
  scaling: { width: number; classes: number; mean: Float64Array; deviation: Float64Array },
): Head {
  const { width, classes, mean, deviation } = scaling;
  const weights = new Float32Array(width * classes);
  const bias = flat.slice(width * classes);
  for (let e = 0; e < width; e += 1) {
    for (let y = 0; y < classes; y += 1) {
      const weight = flat[e * classes + y]! / deviation[e]!;
      weights[e * classes + y] = weight;
      bias[y]! -= weight * mean[e]!;
    }
  }
  return { weights, bias };
}

/** Which place the layer takes each of the features (N, E) for. */
export function judgePlaces({ weights, bias }: Head, features: Float32Array): number[] {
  const classes = bias.length;
  const width = weights.length / classes;
  return Array.from({ length: features.length / width }, (_, n) => {
    const logits = Array.from(bias, (start, y) => {
      let sum = start;
      for (let e = 0; e < width; e += 1) sum += features[n * width + e]! * weights[e * classes + y]!;
      return sum;
    });
    return logits.indexOf(Math.max(...logits));
  });
}
