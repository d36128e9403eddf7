import { ndArray } from '@asc/core';
import { exportOnnx, OnnxRunner } from '@asc/onnx';
import type { Tensor } from '@tensorflow/tfjs-core';
import type { LayersModel } from '@tensorflow/tfjs-layers';
import { compareTraining, type TrainableNetwork } from './compare-training.js';
import { relativeDistance } from './expect-close.js';
import { sampleInput } from './layer-fixture.js';
import { MismatchError } from './mismatch-error.js';

/** A network as the harness sees it: several outputs in training, one of one input deployed. */
export interface CheckedNetwork extends TrainableNetwork {
  readonly deployed: LayersModel;
}

/** Both engines compute in float32 and add in different orders; norms over few values magnify what is left. */
const TOLERANCE = 1e-4;
/** Gradients are sums of both signs: a digit goes in the cancelling. */
const MOMENTUM_TOLERANCE = 1e-3;

/**
 * Two compiled training steps equal two eager ones, as {@link compareTraining} measures: losses, weights and statistics within
 * 1e-4 of the largest value of each array, momenta within 1e-3.
 *
 * @param momentumTolerance more where norms see values that hardly differ.
 * @throws MismatchError with the differences.
 */
export async function checkTraining(
  makeNetwork: () => TrainableNetwork,
  batch: number,
  momentumTolerance = MOMENTUM_TOLERANCE,
): Promise<void> {
  const { momenta, ...values } = await compareTraining(makeNetwork, batch);
  if (Math.max(...Object.values(values)) <= TOLERANCE && momenta <= momentumTolerance) return;
  throw new MismatchError({
    what: 'The compiled network trains differently from the eager one.',
    expected: `within ${TOLERANCE} of the largest value, momenta within ${momentumTolerance}`,
    received: JSON.stringify({ ...values, momenta }),
  });
}

/**
 * A network of one input trains compiled as eagerly, and its exported graph answers as it does, within 1e-4 of the largest value.
 *
 * @param makeNetwork gives equal networks each time.
 * @param shape of a batch: (B, F, T, C).
 * @throws MismatchError with the differences.
 */
export async function checkNetwork(
  makeNetwork: () => CheckedNetwork,
  shape: readonly number[],
  momentumTolerance = MOMENTUM_TOLERANCE,
): Promise<void> {
  await checkTraining(makeNetwork, shape[0]!, momentumTolerance);
  const { deployed } = makeNetwork();
  const x = sampleInput(shape);
  const runner = await OnnxRunner.create(exportOnnx(deployed));
  try {
    const values = ndArray('float32', shape, Float32Array.from(x.dataSync()));
    const [output] = Object.values(await runner.run({ [deployed.inputNames[0]!]: values }));
    const distance = relativeDistance(output!.data, (deployed.apply(x) as Tensor).dataSync());
    if (distance <= TOLERANCE) return;
    throw new MismatchError({
      what: 'The exported network answers differently from the eager one.',
      expected: `within ${TOLERANCE} of the largest value`,
      received: `${distance}`,
    });
  } finally {
    await runner.release();
  }
}
