import { describe, expect, test } from '@jest/globals';
import { readFileSync } from 'node:fs';
import { createSchedule, type Schedule } from './schedule.js';
import { tinyRecipe } from './tiny-scenes.test.helper.js';

type Values = { readonly values: readonly number[] };
type Cosine = Values & { base: number; minimum: number; total: number };
type Restarts = Values & { base: number; minimum: number; period: number; multiplier: number; stepsPerEpoch: number };
type WarmCosine = Cosine & { start: number; warm: number };
type Noam = Values & { factor: number; width: number; warm: number; exponent: number };

const golden = JSON.parse(readFileSync(new URL('../../../golden/train/schedules.json', import.meta.url), 'utf8')) as {
  cosine: readonly Cosine[];
  restarts: readonly Restarts[];
  warmCosine: readonly WarmCosine[];
  amfm: Values & { stepsPerEpoch: number; periodEpochs: number };
  noam: readonly Noam[];
};

function schedule(config: Readonly<Record<string, unknown>>, learningRate: number): Schedule {
  const recipe = tinyRecipe({ schedule: config, optimiser: { kind: 'sgd', learningRate } });
  return createSchedule(recipe.schedule, recipe.optimiser.learningRate);
}

/** torch multiplies its way from step to step; in double precision that stays within 1e-12 of the closed form. */
function expectRates(made: Schedule, values: readonly number[], stepsPerEpoch: number): void {
  values.forEach((value, step) => {
    expect(Math.abs(made({ step, stepsPerEpoch, totalSteps: values.length }) - value)).toBeLessThan(1e-12);
  });
}

describe('schedules', () => {
  test.each(golden.cosine)('cosine of $total steps is torch CosineAnnealingLR', ({ base, minimum, total, values }) => {
    const config = { kind: 'cosine', minLearningRate: minimum };
    expectRates(schedule(config, base), values, 3);
    const perEpoch = schedule({ ...config, perStep: false }, base);
    values.forEach((value, epoch) => {
      const position = { step: 3 * epoch + 1, stepsPerEpoch: 3, totalSteps: 3 * total };
      expect(Math.abs(perEpoch(position) - value)).toBeLessThan(1e-12);
    });
  });

  test.each(golden.restarts)(
    'restarts of $period epochs × $multiplier, $stepsPerEpoch steps an epoch, are torch CosineAnnealingWarmRestarts',
    ({ base, minimum, period, multiplier, stepsPerEpoch, values }) => {
      const config = {
        kind: 'cosine-restarts',
        minLearningRate: minimum,
        firstPeriodEpochs: period,
        multiplier,
      };
      expectRates(schedule(config, base), values, stepsPerEpoch);
      const held = schedule({ ...config, perStep: false }, base);
      const whole = values.map((_, step) => values[step - (step % stepsPerEpoch)] as number);
      expectRates(held, whole, stepsPerEpoch);
    },
  );

  test.each(golden.warmCosine)(
    'a warm-up of $warm steps, then a cosine, is torch LinearLR, then CosineAnnealingLR',
    ({ base, minimum, start, warm, values }) => {
      const config = { kind: 'cosine', minLearningRate: minimum };
      expectRates(schedule({ ...config, warmUp: { length: warm, unit: 'steps', from: start } }, base), values, 4);
      const byEpochs = { ...config, warmUp: { length: warm / 5, from: start } };
      expectRates(schedule(byEpochs, base), values, 5);
    },
  );

  test('the schedule of the AMFM code: eleven epochs of a line, under which the restarts go on', () => {
    const { stepsPerEpoch, periodEpochs, values } = golden.amfm;
    const config = {
      kind: 'cosine-restarts',
      minLearningRate: 1e-6,
      firstPeriodEpochs: periodEpochs,
      warmUp: { length: 11, from: 0.1, to: 10, overlap: true },
    };
    expectRates(schedule(config, 1e-3), values, stepsPerEpoch);
  });

  test.each(golden.noam)('noam with exponent $exponent', ({ factor, width, warm, exponent, values }) => {
    const config = {
      kind: 'noam',
      modelSize: width,
      warmUpSteps: warm,
      exponent: exponent > 0 ? 'printed' : 'corrected',
    };
    expectRates(schedule(config, factor), values, 3);
  });

  test('constant stays, after its warm-up', () => {
    const made = schedule({ kind: 'constant', perStep: false, warmUp: { length: 2 } }, 0.25);
    const rates = [0, 1, 2, 3, 4, 5, 6].map((step) => made({ step, stepsPerEpoch: 2, totalSteps: 7 }));
    expect(rates).toEqual([0, 0, 0.125, 0.125, 0.25, 0.25, 0.25]);
  });
});
