import { createRng, type NdArrays } from '@asc/core';
import { describe, expect, test } from '@jest/globals';
import { augmentBatch } from './augment-batch.js';
import { oneHotTargets } from './one-hot-targets.js';
import { stackMaps } from './stack-maps.js';
import { TINY_LABELS, tinyExamples, tinyRecipe } from './tiny-scenes.test.helper.js';

const examples = tinyExamples(6, 'augment');
const batch: NdArrays = {
  x: stackMaps(examples.map(({ map }) => map)),
  ...oneHotTargets(
    TINY_LABELS,
    examples.map(({ scene }) => scene),
  ),
};
const config = (augment: object) => tinyRecipe({ augment }).augment;
const sum = (values: ArrayLike<number>) => Array.from(values).reduce((a, b) => a + b, 0);

describe('augmentBatch', () => {
  test('does nothing where nothing is asked for', () => {
    expect(augmentBatch(batch, config({}), createRng(1))).toEqual(batch);
  });

  test('rolls every map by its own amount and keeps what each band holds', () => {
    const { x, scene } = augmentBatch(batch, config({ timeRoll: true }), createRng(1));
    expect(scene).toEqual(batch['scene']);
    const frames = x?.shape[2] ?? 0;
    const shifts = examples.map(({ map }, clip) => {
      const rows = (data: ArrayLike<number>, begin: number) =>
        Array.from({ length: frames }, (_, t) => data[begin + t]);
      const before = rows(map.data, 0);
      const after = rows(x?.data ?? [], clip * map.data.length);
      expect([...after].sort()).toEqual([...before].sort());
      return after.indexOf(before[0]);
    });
    expect(new Set(shifts).size).toBeGreaterThan(1);
  });

  test('mixes maps and labels by the same weight', () => {
    const { x, scene, abstract } = augmentBatch(batch, config({ mixup: { alpha: 1 } }), createRng(2));
    expect(sum(scene?.data ?? [])).toBeCloseTo(6, 5);
    expect(sum(abstract?.data ?? [])).toBeCloseTo(6, 5);
    expect(x).not.toEqual(batch['x']);
    expect(Array.from(scene?.data ?? []).some((value) => value > 0 && value < 1)).toBe(true);
  });

  test('masks the same bands and frames in every map, after mixing', () => {
    const all = { mixup: { alpha: 1 }, frequencyMask: { count: 3, maxWidth: 4 }, timeMask: { count: 3, maxWidth: 3 } };
    const { x } = augmentBatch(batch, config(all), createRng(3));
    const size = examples[0]?.map.data.length ?? 0;
    const zeros = examples.map((_, clip) =>
      Array.from(x?.data.subarray(clip * size, (clip + 1) * size) ?? [], (value) => value === 0),
    );
    expect(zeros[0]).toContain(true);
    for (const own of zeros) expect(own).toEqual(zeros[0]);
  });

  test('masks every map in its own places where that is asked for', () => {
    const each = 'clip';
    const { x } = augmentBatch(
      batch,
      config({ frequencyMask: { count: 2, maxWidth: 4, each }, timeMask: { count: 2, maxWidth: 4, each } }),
      createRng(3),
    );
    const size = examples[0]?.map.data.length ?? 0;
    const zeros = examples.map((_, clip) =>
      Array.from(x?.data.subarray(clip * size, (clip + 1) * size) ?? [], (value) => value === 0).join(),
    );
    expect(new Set(zeros).size).toBeGreaterThan(1);
    const plain = augmentBatch(batch, config({ frequencyMask: { each } }), createRng(3));
    expect(plain).toEqual(batch);
  });

  test('shifts maps and mixes their frequency responses, labels aside', () => {
    const shifted = augmentBatch(batch, config({ timeShift: { sdFrames: 3 } }), createRng(3));
    expect(sum(shifted.x?.data ?? [])).toBeCloseTo(sum(batch['x']?.data ?? []), 3);
    expect(shifted.x).not.toEqual(batch['x']);
    const styled = augmentBatch(batch, config({ freqMixStyle: { probability: 1 } }), createRng(3));
    expect(styled.x).not.toEqual(batch['x']);
    expect([shifted.scene, styled.scene]).toEqual([batch['scene'], batch['scene']]);
  });

  test('gives the same for the same generator and leaves the batch alone', () => {
    const all = {
      timeRoll: true,
      timeShift: { sdFrames: 2 },
      freqMixStyle: { probability: 1 },
      mixup: { alpha: 1 },
      timeMask: { count: 1, maxWidth: 3 },
      frequencyMask: { count: 1, maxWidth: 3, each: 'clip' },
    };
    const before = structuredClone(batch);
    expect(augmentBatch(batch, config(all), createRng(4))).toEqual(augmentBatch(batch, config(all), createRng(4)));
    expect(augmentBatch(batch, config(all), createRng(5))).not.toEqual(augmentBatch(batch, config(all), createRng(4)));
    expect(batch).toEqual(before);
  });
});
