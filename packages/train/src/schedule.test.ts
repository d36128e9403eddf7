import { describe, expect, test } from '@jest/globals';
import { readFileSync } from 'node:fs';
import { createSchedule } from './schedule.js';

const { cosine } = JSON.parse(
  readFileSync(new URL('../../../golden/train/schedules.json', import.meta.url), 'utf8'),
) as { cosine: readonly { base: number; minimum: number; total: number; values: readonly number[] }[] };

describe('schedules', () => {
  test.each(cosine)('cosine of $total steps is torch CosineAnnealingLR', ({ base, minimum, total, values }) => {
    const perStep = createSchedule({ kind: 'cosine', minLearningRate: minimum, perStep: true }, base);
    const perEpoch = createSchedule({ kind: 'cosine', minLearningRate: minimum, perStep: false }, base);
    values.forEach((value, i) => {
      // torch multiplies its way from step to step; in double precision that stays within 1e-12 of the closed form.
      const steps = perStep({ step: i, epoch: 0, totalSteps: total, totalEpochs: 1 });
      expect(Math.abs(steps - value)).toBeLessThan(1e-12);
      expect(perEpoch({ step: 3 * i + 1, epoch: i, totalSteps: 3 * total, totalEpochs: total })).toBe(steps);
    });
  });

  test('constant stays', () => {
    const schedule = createSchedule({ kind: 'constant' }, 0.25);
    expect(schedule({ step: 9, epoch: 1, totalSteps: 10, totalEpochs: 2 })).toBe(0.25);
  });
});
