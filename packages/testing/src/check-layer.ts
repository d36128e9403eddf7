import { memory, tidy, type Tensor } from '@tensorflow/tfjs-core';
import { input, model, type layers, type Shape } from '@tensorflow/tfjs-layers';
import { checkGradients } from './check-gradients.js';
import { checkRoundTrips } from './check-round-trips.js';
import { checkTraced } from './check-traced.js';
import { useCpuBackend } from './cpu-backend.js';
import { buildLayer, callArguments, sampleInput } from './layer-fixture.js';
import { MismatchError } from './mismatch-error.js';

/** A layer as the harness sees it: tfjs' own, which may know its cost. */
export type CheckedLayer = layers.Layer & {
  readonly macs?: (inputShape: Shape) => number;
  readonly countStatistics?: () => number;
};

export interface LayerExpectations {
  /** Learnt numbers (running statistics not counted). */
  readonly parameters?: number;
  /** Multiply–accumulates of one example of `inputShape`, counted by brute force. */
  readonly macs?: (inputShape: readonly number[]) => number;
  /** Weights without effect in training, such as a bias before a batch norm: their gradient there is rounding alone. */
  readonly idleInTraining?: readonly string[];
}

/**
 * What every layer must satisfy, for each input shape (batch first): inferred = actual shape; configuration and saved
 * model survive a round trip; parameter and MAC counts; gradients that are finite, non-zero and equal to finite
 * differences, in training and inference; no tensor left behind; traced = eager, forward, gradient and statistics.
 *
 * @param makeLayer gives a fresh layer with the same name each time.
 * @throws MismatchError naming the first law that does not hold.
 */
export async function checkLayer(
  makeLayer: () => CheckedLayer,
  inputShapes: readonly (readonly number[])[],
  expected: LayerExpectations = {},
): Promise<void> {
  await useCpuBackend();
  for (const shape of inputShapes) {
    checkShapes(makeLayer(), shape);
    await checkRoundTrips(makeLayer, shape);
    checkCounts(makeLayer(), shape, expected);
    for (const training of [false, true]) {
      const idle = training ? expected.idleInTraining : undefined;
      checkGradients(buildLayer(makeLayer, shape), shape, training, idle);
      checkLeaks(buildLayer(makeLayer, shape), shape, training);
      await checkTraced(() => buildLayer(makeLayer, shape), shape, training, idle);
    }
  }
}

function checkShapes(layer: CheckedLayer, shape: readonly number[]): void {
  const inferred = layer.computeOutputShape([null, ...shape.slice(1)]) as Shape;
  const symbolic = (layer.apply(input({ shape: shape.slice(1) })) as { shape: Shape }).shape;
  const actual = tidy(() => (layer.apply(sampleInput(shape), callArguments(true)) as Tensor).shape);
  requireEqual(`${layer.name}: the shape of the symbolic output`, symbolic, inferred);
  requireEqual(`${layer.name}: the inferred output shape`, inferred, [null, ...actual.slice(1)]);
  requireEqual(`${layer.name}: the batch size of the output`, actual[0], shape[0]);
}

function checkCounts(layer: CheckedLayer, shape: readonly number[], expected: LayerExpectations): void {
  const symbolicInput = input({ shape: shape.slice(1) });
  const whole = model({ inputs: symbolicInput, outputs: layer.apply(symbolicInput) as typeof symbolicInput });
  const parameters = whole.countParams() - (layer.countStatistics?.() ?? 0);
  if (expected.parameters !== undefined) requireEqual(`${layer.name}: parameters`, parameters, expected.parameters);
  if (expected.macs === undefined) return;
  requireEqual(`${layer.name}: MACs`, layer.macs?.([null, ...shape.slice(1)]), expected.macs(shape));
}

function checkLeaks(layer: layers.Layer, shape: readonly number[], training: boolean): void {
  const x = sampleInput(shape);
  const before = memory().numTensors;
  const y = layer.apply(x, callArguments(training)) as Tensor;
  const left = memory().numTensors - before - 1;
  y.dispose();
  x.dispose();
  if (left !== 0) {
    throw new MismatchError({
      what: `${layer.name} leaves tensors behind.`,
      expected: '0',
      received: `${left}`,
      hint: 'Wrap call() in tidy().',
    });
  }
}

function requireEqual(what: string, actual: unknown, expected: unknown): void {
  const [left, right] = [JSON.stringify(actual), JSON.stringify(expected)];
  if (left === right) return;
  throw new MismatchError({ what: `${what} is wrong.`, expected: right ?? 'undefined', received: left ?? 'undefined' });
}
