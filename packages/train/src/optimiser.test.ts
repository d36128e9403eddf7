import '@tensorflow/tfjs-backend-cpu';
import * as tf from '@tensorflow/tfjs-core';
import { describe, expect, test } from '@jest/globals';
import { readFileSync } from 'node:fs';
import { createOptimiser } from './create-optimiser.js';
import { tinyRecipe } from './tiny-scenes.test.helper.js';
import { updateParts } from './update-parts.js';

interface Golden {
  readonly rates: readonly number[];
  readonly clips: readonly number[];
  readonly start: number[];
  readonly gradients: number[][];
  readonly cases: readonly { name: string; config: Record<string, unknown>; trajectory: number[][] }[];
}

const golden = JSON.parse(
  readFileSync(new URL('../../../golden/train/optimisers.json', import.meta.url), 'utf8'),
) as Golden;

describe('optimisers', () => {
  test.each(golden.cases)('$name follows torch', ({ config, trajectory }) => {
    const recipe = tinyRecipe({ optimiser: config });
    const optimiser = createOptimiser(recipe.optimiser);
    let parameters: tf.Tensor = tf.tensor(golden.start);
    let slots: Readonly<Record<string, tf.Tensor>> = Object.fromEntries(
      optimiser.slots.map((name) => [name, tf.zerosLike(parameters)]),
    );
    const { accumulate } = recipe.optimiser;
    const parts = updateParts(golden.rates.length, accumulate);
    golden.rates.forEach((rate, step) => {
      const part = parts.gather(step, golden.clips[step] as number);
      const scalars = optimiser.scalars(parts.indexOf(0, step), rate, part);
      expect(Object.keys(scalars)).toEqual(optimiser.scalarNames);
      const updated = optimiser.update({
        parameters,
        gradients: tf.tensor(golden.gradients[step] as number[]),
        slots,
        scalars: Object.fromEntries(Object.entries(scalars).map(([name, value]) => [name, tf.scalar(value)])),
      });
      ({ parameters, slots } = updated);
      // Both sides compute in single precision (2⁻²⁴ = 6e-8 relative a step) in a different order of operations.
      const values = parameters.dataSync();
      trajectory[step]?.forEach((value, i) => {
        expect(Math.abs((values[i] as number) - value)).toBeLessThanOrEqual(1e-6 * Math.max(Math.abs(value), 0.1));
      });
    });
  });

  test('an update leaks no tensors', () => {
    const optimiser = createOptimiser(tinyRecipe().optimiser);
    const zeros = () => tf.zeros([4]);
    const before = tf.memory().numTensors;
    tf.tidy(() => {
      optimiser.update({
        parameters: zeros(),
        gradients: zeros(),
        slots: { firstMoment: zeros(), secondMoment: zeros() },
        scalars: { stepSize: tf.scalar(1), rootCorrection: tf.scalar(1) },
      });
    });
    expect(tf.memory().numTensors).toBe(before);
  });
});
