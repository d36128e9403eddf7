import { createRng, UsageError, type NdArrays } from '@asc/core';
import { BatchNorm } from '@asc/layers';
import '@tensorflow/tfjs-backend-cpu';
import { layers, sequential } from '@tensorflow/tfjs-layers';
import { afterEach, beforeEach, describe, expect, test } from '@jest/globals';
import fc from 'fast-check';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { inMemoryBatches } from './batch-source.js';
import { readCheckpoint } from './checkpoint.js';
import { fit } from './fit.js';
import type { FitEvent } from './fit-events.js';
import { namedWeights } from './named-weights.js';
import { parseRecipe } from './parse-recipe.js';
import { createPruner } from './prune-weights.js';
import { sparsityAt } from './pruning-schedule.js';
import type { Recipe } from './recipe-schema.js';
import { openRun, runPaths } from './run-folder.js';
import { sceneSegments } from './scene-segments.js';
import { TINY_LABELS, tinyClips, tinyExamples, tinyModel, tinyRecipe } from './tiny-scenes.test.helper.js';

const KERNELS = ['abstract/kernel', 'conv/kernel', 'scene/kernel'];
const zerosOf = (state: NdArrays, name: string) =>
  [...(state[name]?.data ?? [])].reduce<number>((count, value) => count + (value === 0 ? 1 : 0), 0);
const sizeOf = (state: NdArrays, name: string) => state[name]?.data.length ?? 0;
const total = (values: readonly number[]) => values.reduce((sum, value) => sum + value, 0);

describe('the schedule', () => {
  test('rises by the law of Zhu and Gupta, and stops where it is told to', () => {
    const config = { sparsity: 0.8, scope: 'layer', fromEpoch: 2, toEpoch: 6 } as const;
    // 0.8 · (1 − (1 − (t − 2)/4)³), worked by hand.
    const wanted = [undefined, undefined, 0, 0.4625, 0.7, 0.7875, 0.8, undefined];
    for (const [epoch, value] of wanted.entries()) {
      if (value === undefined) expect(sparsityAt(config, epoch)).toBeUndefined();
      else expect(sparsityAt(config, epoch)).toBeCloseTo(value, 12);
    }
    expect(sparsityAt({ ...config, toEpoch: 2 }, 2)).toBe(0.8);
  });
});

/** Two dense layers and a norm: kernels of 6 and 8 numbers. */
function twoKernels() {
  const model = sequential({
    layers: [
      layers.dense({ name: 'a', inputShape: [2], units: 3 }),
      new BatchNorm({ name: 'norm' }),
      layers.dense({ name: 'b', units: 2 }),
      layers.dense({ name: 'c', units: 1 }),
    ],
  });
  const state = (a: readonly number[], b: readonly number[], c: readonly number[]): NdArrays => ({
    ...Object.fromEntries(
      namedWeights(model).map(({ name, variable }) => [
        name,
        { dtype: 'float32', shape: variable.shape, data: new Float32Array(variable.size) } as const,
      ]),
    ),
    'a/kernel': { dtype: 'float32', shape: [2, 3], data: Float32Array.from(a) },
    'b/kernel': { dtype: 'float32', shape: [3, 2], data: Float32Array.from(b) },
    'c/kernel': { dtype: 'float32', shape: [2, 1], data: Float32Array.from(c) },
  });
  return { model, state };
}

describe('pruning by magnitude', () => {
  const once = { fromEpoch: 0, toEpoch: 0 };

  test('takes the smallest of each kernel, or of all', () => {
    const { model, state } = twoKernels();
    const given = state([6, -5, 4, -3, 2, -1], [0.6, 0.5, -0.4, 0.3, 0.2, 0.1], [-7, 8]);
    const layer = createPruner(model, { ...once, sparsity: 0.5, scope: 'layer' }).prune(given, 0);
    expect([...layer['a/kernel']!.data]).toEqual([6, -5, 4, 0, 0, 0]);
    expect([...layer['b/kernel']!.data]).toEqual(Array.from(Float32Array.of(0.6, 0.5, -0.4, 0, 0, 0)));
    expect([...layer['c/kernel']!.data]).toEqual([0, 8]);
    const global = createPruner(model, { ...once, sparsity: 0.5, scope: 'global' }).prune(given, 0);
    expect([...global['a/kernel']!.data]).toEqual([6, -5, 4, -3, 2, 0]);
    expect([...global['b/kernel']!.data]).toEqual([0, 0, 0, 0, 0, 0]);
    expect([...global['c/kernel']!.data]).toEqual([-7, 8]);
    // Biases, norms and the state given stay as they are.
    expect(given['c/kernel']?.data[0]).toBe(-7);
    for (const name of ['a/bias', 'norm/gamma']) expect(layer[name]).toBe(given[name]);
  });

  test('of equal weights takes the first, and keeps what it took', () => {
    const { model, state } = twoKernels();
    const pruner = createPruner(model, { sparsity: 0.5, scope: 'layer', fromEpoch: 0, toEpoch: 1 });
    const given = state([1, -1, 1, -1, 1, -1], [0, 0, 0, 0, 0, 0], [1, 1]);
    const first = pruner.prune(given, 1);
    expect([...first['a/kernel']!.data]).toEqual([0, 0, 0, -1, 1, -1]);
    // Zero by itself is not out: the mask says which are.
    const revived = { ...first, 'b/kernel': { ...first['b/kernel']!, data: Float32Array.of(0, 0, 0, 0, 9, 9) } };
    const again = pruner.prune({ ...revived, 'a/kernel': given['a/kernel']! }, 1);
    expect(again['optimiser/pruned']).toEqual(first['optimiser/pruned']);
    expect(pruner.prune(given, 2)).toBe(given);
  });

  test('reaches round(sparsity · count) zeros exactly, whatever the weights', () => {
    const { model, state } = twoKernels();
    const numbers = (length: number) =>
      fc.array(fc.constantFrom(-2, -1, 0, 1, 2, 3), { minLength: length, maxLength: length });
    const sparsity = fc.double({ min: 0.01, max: 0.99, noNaN: true });
    fc.assert(
      fc.property(numbers(6), numbers(6), numbers(2), sparsity, (a, b, c, share) => {
        const given = state(a, b, c);
        for (const [scope, wanted] of [
          ['global', Math.round(14 * share)],
          ['layer', 2 * Math.round(6 * share) + Math.round(2 * share)],
        ] as const) {
          const pruned = createPruner(model, { ...once, sparsity: share, scope }).prune(given, 0);
          expect(total([...pruned['optimiser/pruned']!.data].map(Number))).toBe(wanted);
        }
      }),
      { seed: 1, numRuns: 60 },
    );
  });

  test('is refused where there is no kernel, and for impossible values', () => {
    const norm = sequential({ layers: [new BatchNorm({ inputShape: [2, 2, 3], name: 'norm' })] });
    expect(() => createPruner(norm, { ...once, sparsity: 0.5, scope: 'layer' })).toThrow(UsageError);
    const refused = (pruning: unknown) => () => parseRecipe({ ...tinyRecipe({ epochs: 3 }), pruning });
    expect(refused({ sparsity: 1, toEpoch: 1 })).toThrow('"pruning.sparsity"');
    expect(refused({ sparsity: 0, toEpoch: 1 })).toThrow('a number above 0');
    expect(refused({ sparsity: 0.5 })).toThrow('"pruning.toEpoch" in the recipe is missing');
    expect(refused({ sparsity: 0.5, toEpoch: 3 })).toThrow('below epochs');
    expect(refused({ sparsity: 0.5, fromEpoch: 2, toEpoch: 1 })).toThrow('at least pruning.fromEpoch');
    expect(refused({ sparsity: 0.5, toEpoch: 1, scope: 'network' })).toThrow('one of global, layer');
  });
});

describe('a run that prunes', () => {
  let folder: string;
  beforeEach(async () => {
    folder = await mkdtemp(join(tmpdir(), 'asc-prune-'));
  });
  afterEach(() => rm(folder, { recursive: true }));

  const EXAMPLES = tinyExamples(20, 'train').map((example, i) => ({
    ...example,
    id: `${i}`,
    location: `place ${i % 8}`,
  }));

  async function train(
    name: string,
    recipe: Recipe,
    options: { resume?: boolean; stopAt?: (event: FitEvent) => boolean } = {},
  ) {
    const paths = runPaths(join(folder, name));
    const run = await openRun(join(folder, name), { recipe, resume: options.resume === true });
    const stop = new AbortController();
    const { batchSize, dropLast, seed, distillation } = recipe;
    const rng = createRng(seed);
    const segments = distillation?.kind === 'segments' && {
      segments: sceneSegments(EXAMPLES, distillation.segments - 1, rng.split('segments')),
    };
    const batches = { examples: EXAMPLES, labels: TINY_LABELS, batchSize, dropLast, rng, ...segments };
    try {
      for await (const event of fit({
        recipe,
        run,
        labels: TINY_LABELS,
        model: tinyModel({ dropout: 0.3, abstract: true }),
        train: inMemoryBatches(batches),
        validation: () => tinyClips(12, 'test'),
        signal: stop.signal,
        threads: 1,
      })) {
        if (options.stopAt?.(event) === true) stop.abort();
      }
    } finally {
      await run.close();
    }
    const state = async (path: string) => (await readCheckpoint(path)).state;
    return {
      last: await state(paths.last),
      best: () => readCheckpoint(paths.best),
      averaged: () => state(paths.averaged),
    };
  }

  const pruned = (changes: Readonly<Record<string, unknown>>) =>
    tinyRecipe({
      task: { kind: 'extended-mtl' },
      optimiser: { kind: 'adam', learningRate: 0.01, accumulate: 2, clip: { kind: 'norm', max: 1 } },
      averaging: { kind: 'swa', lastEpochs: 3 },
      pruning: { sparsity: 0.6, scope: 'layer', fromEpoch: 0, toEpoch: 2 },
      dropLast: false,
      epochs: 4,
      ...changes,
    });

  test.each(['cpu', 'eager'])('ends as sparse as asked in every set of weights (%s)', async (engine) => {
    const { last, best, averaged } = await train('run', pruned({ engine }));
    const { epoch, best: chosen, state } = await best();
    expect([epoch > 2, (chosen?.epoch ?? 0) >= 2]).toEqual([true, true]);
    for (const weights of [last, state, await averaged()]) {
      for (const name of KERNELS) {
        expect([name, zerosOf(weights, name)]).toEqual([name, Math.round(0.6 * sizeOf(weights, name))]);
      }
      expect(zerosOf(weights, 'conv/bias')).toBe(0);
    }
  });

  test('counts all kernels together where they compete, and learns from segments beside', async () => {
    const { last } = await train(
      'run',
      pruned({
        distillation: { kind: 'segments', refresh: 'test' },
        optimiser: { kind: 'sgd', learningRate: 0.01, momentum: 0.9, weightDecay: 1e-3 },
        pruning: { sparsity: 0.5, fromEpoch: 1, toEpoch: 1 },
        averaging: { kind: 'none' },
        epochs: 2,
      }),
    );
    const count = total(KERNELS.map((name) => sizeOf(last, name)));
    expect(total(KERNELS.map((name) => zerosOf(last, name)))).toBe(Math.round(0.5 * count));
  });

  test.each([
    [1, 0],
    [2, 1],
  ])('stopped in epoch %i after step %i and resumed is one that never stopped, bit for bit', async (epoch, step) => {
    const recipe = pruned({});
    const whole = await train('whole', recipe);
    await train('parts', recipe, {
      stopAt: (event) => event.kind === 'step' && event.epoch === epoch && event.step === step,
    });
    const parts = await train('parts', recipe, { resume: true });
    const bits = (state: NdArrays) =>
      Object.entries(state).map(([name, { data }]) => [
        name,
        Buffer.from(data.buffer, data.byteOffset, data.byteLength),
      ]);
    expect(bits(parts.last)).toEqual(bits(whole.last));
    expect(bits(await parts.averaged())).toEqual(bits(await whole.averaged()));
  });
});
