import { createRng, type NdArrays } from '@asc/core';
import { BatchNorm } from '@asc/layers';
import type { Engine } from '@asc/onnx';
import '@tensorflow/tfjs-backend-cpu';
import * as tf from '@tensorflow/tfjs-core';
import { layers, sequential } from '@tensorflow/tfjs-layers';
import { describe, expect, test } from '@jest/globals';
import fc from 'fast-check';
import { mkdtemp, rm } from 'node:fs/promises';
import { readFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { averageWeights, emaShare, swaShare, type AverageShare } from './average-weights.js';
import { averagedState } from './averaging.js';
import { inMemoryBatches } from './batch-source.js';
import { readCheckpoint } from './checkpoint.js';
import { fit } from './fit.js';
import type { FitEvent } from './fit-events.js';
import { namedWeights } from './named-weights.js';
import { createStatistician } from './recompute-statistics.js';
import { openRun } from './run-folder.js';
import { sgd } from './sgd.js';
import { TINY_LABELS, tinyClips, tinyExamples, tinyModel, tinyRecipe } from './tiny-scenes.test.helper.js';

const read = (name: string) =>
  JSON.parse(readFileSync(new URL(`../../../golden/train/${name}.json`, import.meta.url), 'utf8')) as unknown;
const { start, gradients } = read('optimisers') as { start: number[]; gradients: number[][] };
const golden = read('averages') as {
  rate: number;
  swa: { values: number[][] };
  ema: { values: number[][] };
  updateBn: {
    shape: number[];
    batches: { size: number; data: number[] }[];
    weights: Record<string, number[]>;
  };
};

/** The average after every step of plain descent. */
function averagesOf(weights: readonly number[], steps: readonly number[][], rate: number, shareOf: AverageShare) {
  const optimiser = averageWeights(sgd({ momentum: 0, nesterov: false, weightDecay: 0 }), shareOf);
  let parameters: tf.Tensor = tf.tensor1d([...weights]);
  let slots: Readonly<Record<string, tf.Tensor>> = { average: tf.zerosLike(parameters) };
  return steps.map((step, i) => {
    const scalars = Object.fromEntries(
      Object.entries(optimiser.scalars(i, rate)).map(([name, value]) => [name, tf.scalar(value)]),
    );
    ({ parameters, slots } = optimiser.update({ parameters, gradients: tf.tensor1d(step), slots, scalars }));
    return slots['average']?.dataSync() as Float32Array;
  });
}

describe('the average of weights', () => {
  test.each([
    ['SWA', golden.swa.values, swaShare({ lastEpochs: 8, epochs: 8, updatesPerEpoch: 1 })],
    ['EMA', golden.ema.values, emaShare(0.9)],
  ] as const)('%s is that of torch.optim.swa_utils', (_name, values, shareOf) => {
    averagesOf(start, gradients, golden.rate, shareOf).forEach((average, step) => {
      // Both sides compute in single precision, in another order of operations.
      values[step]?.forEach((value, i) => {
        expect(Math.abs((average[i] as number) - value)).toBeLessThanOrEqual(1e-6 * Math.max(Math.abs(value), 0.1));
      });
    });
  });

  test('SWA takes the last update of each of the last epochs, in equal parts', () => {
    const shares = swaShare({ lastEpochs: 3, epochs: 5, updatesPerEpoch: 2 });
    expect(Array.from({ length: 10 }, (_, step) => shares(step))).toEqual([0, 0, 0, 0, 0, 1, 0, 1 / 2, 0, 1 / 3]);
    const all = swaShare({ lastEpochs: 9, epochs: 2, updatesPerEpoch: 1 });
    expect([0, 1].map(all)).toEqual([1, 1 / 2]);
  });

  test('of equal weights is those weights, bit for bit', () => {
    const weights = fc.array(fc.float({ noNaN: true, min: -Math.fround(1e30), max: Math.fround(1e30) }), {
      minLength: 1,
      maxLength: 8,
    });
    const share = fc.oneof(
      fc.integer({ min: 1, max: 6 }).map((lastEpochs) => swaShare({ lastEpochs, epochs: 6, updatesPerEpoch: 1 })),
      fc.double({ min: 0, max: 0.9999, noNaN: true }).map(emaShare),
    );
    fc.assert(
      fc.property(weights, share, (given, shareOf) => {
        const still = Array.from({ length: 6 }, () => given.map(() => 0));
        // An average of 0 and a weight of −0 is 0: the same number.
        expect([...(averagesOf(given, still, 1, shareOf).at(-1) ?? [])].map((w) => w + 0)).toEqual(
          given.map((w) => w + 0),
        );
      }),
      { seed: 1, numRuns: 40 },
    );
  });
});

describe('running statistics learnt anew', () => {
  test.each(['cpu', 'eager'] as const)('are those of torch.optim.swa_utils.update_bn (%s)', async (engine: Engine) => {
    const { shape, batches, weights } = golden.updateBn;
    const [bands = 0, frames = 0, channels = 0] = shape;
    const model = sequential({
      layers: [
        new BatchNorm({ inputShape: [bands, frames, channels], name: 'first' }),
        layers.reLU(),
        new BatchNorm({ name: 'second' }),
      ],
    });
    const TORCH = { gamma: 'weight', beta: 'bias', moving_mean: 'running_mean', moving_variance: 'running_var' };
    const torchName = (name: string) => {
      const [layer = '', weight = ''] = name.split('/');
      return `${layer}.${TORCH[weight as keyof typeof TORCH]}`;
    };
    const given: NdArrays = Object.fromEntries(
      namedWeights(model).map(({ name }) => {
        // Statistics of long ago leave no trace.
        const data = name.includes('moving') ? [7, 8, 9] : weights[torchName(name)];
        return [name, { dtype: 'float32', shape: [channels], data: Float32Array.from(data ?? []) }];
      }),
    );
    async function* maps() {
      for (const { size, data } of batches) {
        const x = { dtype: 'float32', shape: [size, bands, frames, channels], data: Float32Array.from(data) } as const;
        yield { x };
      }
    }
    const statistician = createStatistician(model, { engine, threads: 1 });
    const options = { rng: createRng(1), stopped: () => false };
    const learnt = (await statistician.recompute(given, maps(), options)) ?? {};
    await statistician.release();
    expect(Object.keys(learnt)).toHaveLength(8);
    for (const [name, { data }] of Object.entries(learnt)) {
      weights[torchName(name)]?.forEach((value, i) => {
        // Sums of 32 single-precision numbers, and the variance of what was normalised by another such sum.
        expect(Math.abs((data[i] ?? NaN) - value)).toBeLessThan(2e-6 * Math.max(1, Math.abs(value)));
      });
    }
  });
});

test('a network without running statistics keeps its weights', async () => {
  const model = sequential({ layers: [layers.dense({ inputShape: [3], units: 2 })] });
  const given = Object.fromEntries(
    namedWeights(model).map(({ name, variable }): [string, NdArrays[string]] => {
      return [name, { dtype: 'float32', shape: variable.shape, data: Float32Array.from(variable.dataSync()) }];
    }),
  );
  const statistician = createStatistician(model, { engine: 'cpu', threads: 1 });
  async function* maps() {
    for (let i = 0; i < 2; i++) yield { x: { dtype: 'float32', shape: [1, 3], data: new Float32Array(3) } } as const;
  }
  expect(await statistician.recompute(given, maps(), { rng: createRng(1), stopped: () => false })).toEqual(given);
  expect(await statistician.recompute(given, maps(), { rng: createRng(1), stopped: () => true })).toBeUndefined();
  await statistician.release();
});

describe('a run that averages', () => {
  async function train(changes: Readonly<Record<string, unknown>>) {
    const folder = await mkdtemp(join(tmpdir(), 'asc-average-'));
    try {
      const recipe = tinyRecipe({ epochs: 3, ...changes });
      const run = await openRun(folder, { recipe });
      const model = tinyModel({ dropout: 0.3 });
      const events: FitEvent[] = [];
      const { batchSize, dropLast, seed } = recipe;
      const source = { examples: tinyExamples(16, 'train'), labels: TINY_LABELS, batchSize, dropLast };
      const train = inMemoryBatches({ ...source, rng: createRng(seed) });
      const validation = () => tinyClips(8, 'test');
      for await (const event of fit({ recipe, run, model, labels: TINY_LABELS, train, validation, threads: 1 })) {
        events.push(event);
      }
      await run.close();
      const epochs = events.flatMap((event) => (event.kind === 'epoch' ? [event.report] : []));
      const scores = (key: 'validation' | 'averaged') => epochs.map((report) => report[key]?.logLoss);
      const averaged = await readCheckpoint(run.paths.averaged).catch(() => undefined);
      return {
        model,
        last: (await readCheckpoint(run.paths.last)).state,
        averaged: averaged?.state,
        live: scores('validation'),
        mean: scores('averaged'),
      };
    } finally {
      await rm(folder, { recursive: true });
    }
  }

  test.each(['cpu', 'eager'])(
    'leaves the weights in training alone, and says what both are worth (%s)',
    async (engine) => {
      const plain = await train({ engine });
      const swa = await train({ engine, averaging: { kind: 'swa', lastEpochs: 2 } });
      expect(swa.live).toEqual(plain.live);
      expect(swa.mean).toEqual([undefined, expect.any(Number), expect.any(Number)]);
      const { 'optimiser/average': average, ...others } = swa.last;
      expect(others).toEqual(plain.last);
      expect([average?.shape[0], plain.averaged]).toEqual([plain.last['optimiser/firstMoment']?.shape[0], undefined]);
      // One epoch's mean has its weights; the statistics of both are those of the average.
      expect(swa.averaged).not.toEqual(swa.last);
      for (const { name, variable } of namedWeights(swa.model)) {
        expect([name, swa.averaged?.[name]?.data]).toEqual([name, variable.dataSync()]);
      }
    },
  );

  test('over one epoch ends with the last weights, its statistics learnt anew', async () => {
    const { last, averaged = {} } = await train({ averaging: { kind: 'swa', lastEpochs: 1 } });
    const trained = Object.keys(averaged).filter((name) => !name.includes('moving'));
    for (const name of trained) expect([name, averaged[name]]).toEqual([name, last[name]]);
    expect(averaged['norm/moving_mean']).not.toEqual(last['norm/moving_mean']);
  });

  test('by EMA has an average from the first epoch on', async () => {
    const { mean } = await train({ averaging: { kind: 'ema', decay: 0.5 } });
    expect(mean).toEqual([expect.any(Number), expect.any(Number), expect.any(Number)]);
  });

  test('has no average in a state without one', () => {
    expect(() => averagedState(tinyModel(), {})).toThrow(/no average/);
  });
});
