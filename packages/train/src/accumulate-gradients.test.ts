import { createRng, type NdArrays } from '@asc/core';
import { Dense } from '@asc/layers';
import '@tensorflow/tfjs-backend-cpu';
import { layers, sequential } from '@tensorflow/tfjs-layers';
import { describe, expect, test } from '@jest/globals';
import { inMemoryBatches } from './batch-source.js';
import { BANDS, FRAMES, TINY_LABELS, tinyExamples, tinyRecipe } from './tiny-scenes.test.helper.js';
import { createTrainer, type StepResult } from './trainer.js';

/** Two layers, no batch norm: a clip's gradient does not depend on its neighbours. */
const plainModel = () =>
  sequential({
    layers: [
      layers.flatten({ inputShape: [BANDS, FRAMES, 1] }),
      new Dense({ name: 'hidden', units: 6, seed: 1 }),
      layers.reLU(),
      new Dense({ name: 'scene', units: 4, seed: 2 }),
    ],
  });

async function train(batchSize: number, accumulate: number, epochs = 2) {
  const recipe = tinyRecipe({
    batchSize,
    epochs,
    dropLast: false,
    optimiser: { kind: 'sgd', learningRate: 0.1, momentum: 0.9, accumulate, clip: { kind: 'norm', max: 1 } },
  });
  const { stepsPerEpoch, batches } = inMemoryBatches({
    examples: tinyExamples(21, 'train'),
    labels: TINY_LABELS,
    batchSize,
    dropLast: false,
    rng: createRng(recipe.seed),
  });
  const trainer = createTrainer({ recipe, model: plainModel(), labels: TINY_LABELS, stepsPerEpoch, threads: 1 });
  const results: StepResult[] = [];
  const states: NdArrays[] = [];
  for (let epoch = 0; epoch < epochs; epoch++) {
    let step = 0;
    for await (const batch of batches(epoch, 0)) {
      results.push(await trainer.step(epoch, step++, batch));
      states.push(trainer.readState());
    }
  }
  await trainer.release();
  return { results, states };
}

const weights = (state: NdArrays | undefined) =>
  Object.entries(state ?? {}).flatMap(([name, { data }]) => (name.startsWith('optimiser/') ? [] : [...data]));

describe('accumulated gradients', () => {
  test('move the weights as one batch of all their clips does, also where an epoch ends early', async () => {
    // Updates of 8, 8 and 5 clips, whole or in batches of 2, 2, 2, 2; 2, 2, 2, 2; 2, 2, 1.
    const whole = await train(8, 1);
    const parts = await train(2, 4);
    const [expected, received] = [weights(whole.states.at(-1)), weights(parts.states.at(-1))];
    // Six updates of single-precision sums in another order.
    expected.forEach((value, i) => expect(Math.abs(value - (received[i] ?? NaN))).toBeLessThan(2e-6));
    const loss = ({ results }: typeof whole) =>
      results.slice(-results.length / 2).reduce((sum, step) => sum + step.loss * step.clips, 0) / 21;
    expect(Math.abs(loss(whole) - loss(parts))).toBeLessThan(1e-5);
    expect(parts.results.map(({ learningRate }) => learningRate).slice(0, 9)).toEqual(
      [0, 0, 0, 0, 1, 1, 1, 1, 2].map((update) => whole.results[update]?.learningRate),
    );
  });

  test('leave the weights alone until an update is due', async () => {
    const { states } = await train(2, 4, 1);
    const moved = states.map((state, i) => i > 0 && weights(state).some((w, k) => w !== weights(states[i - 1])[k]));
    expect(moved.flatMap((yes, i) => (yes ? [i] : []))).toEqual([3, 7, 10]);
  });
});
