import { AscError, createRng, type NdArrays } from '@asc/core';
import '@tensorflow/tfjs-backend-cpu';
import { afterEach, beforeEach, describe, expect, test } from '@jest/globals';
import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { inMemoryBatches, type BatchSource, type TrainingExample } from './batch-source.js';
import { readCheckpoint, type Checkpoint } from './checkpoint.js';
import { fit } from './fit.js';
import type { FitEvent } from './fit-events.js';
import { readHistory } from './history.js';
import { namedWeights } from './named-weights.js';
import { openRun, readRun, runPaths } from './run-folder.js';
import type { Recipe } from './recipe-schema.js';
import { stepOf } from './scalar-event.js';
import { decodeRecords } from './tfrecord.js';
import { TINY_LABELS, tinyClips, tinyExamples, tinyModel, tinyRecipe } from './tiny-scenes.test.helper.js';

/** Everything that draws: dropout, roll, mixup, masks; batches of two sizes, two an update; and an average. */
const RANDOM = {
  task: { kind: 'extended-mtl' },
  optimiser: { kind: 'adam', learningRate: 0.01, accumulate: 2 },
  augment: {
    timeRoll: true,
    mixup: { alpha: 0.4 },
    frequencyMask: { count: 1, maxWidth: 3 },
    timeMask: { count: 1, maxWidth: 3 },
  },
  averaging: { kind: 'swa', lastEpochs: 2 },
  dropLast: false,
  epochs: 3,
};

let root: string;
beforeEach(async () => {
  root = await mkdtemp(join(tmpdir(), 'asc-fit-'));
});
afterEach(() => rm(root, { recursive: true }));

function source(recipe: Recipe, examples: readonly TrainingExample[] = tinyExamples(20, 'train')): BatchSource {
  const { batchSize, dropLast, seed } = recipe;
  return inMemoryBatches({ examples, labels: TINY_LABELS, batchSize, dropLast, rng: createRng(seed) });
}

/** Runs until done or until `stopAt` says so, as one process would. */
async function train(
  recipe: Recipe,
  options: { folder?: string; resume?: boolean; stopAt?: (event: FitEvent) => boolean; train?: BatchSource } = {},
): Promise<FitEvent[]> {
  const { folder, resume = false, stopAt } = options;
  const run = folder === undefined ? undefined : await openRun(folder, { recipe, resume });
  const stop = new AbortController();
  const events: FitEvent[] = [];
  try {
    for await (const event of fit({
      recipe,
      run,
      labels: TINY_LABELS,
      model: tinyModel({ abstract: recipe.task.kind === 'extended-mtl', dropout: 0.3 }),
      train: options.train ?? source(recipe),
      validation: () => tinyClips(12, 'test', 2),
      signal: stop.signal,
      threads: 1,
    })) {
      events.push(event);
      if (stopAt?.(event) === true) stop.abort();
    }
  } finally {
    await run?.close();
  }
  return events;
}

const bits = (arrays: NdArrays) =>
  Object.entries(arrays).map(([name, { data }]) => [name, Buffer.from(data.buffer, data.byteOffset, data.byteLength)]);

/** A report or checkpoint without the time it took. */
const timeless = (value: unknown) =>
  JSON.parse(JSON.stringify(value, (key, held: unknown) => (/^seconds$|PerSecond$/.test(key) ? 0 : held))) as unknown;

async function outcome(folder: string) {
  const paths = runPaths(folder);
  const strip = ({ state, ...progress }: Checkpoint) => [bits(state), timeless(progress)];
  return {
    last: strip(await readCheckpoint(paths.last)),
    best: strip(await readCheckpoint(paths.best)),
    averaged: strip(await readCheckpoint(paths.averaged)),
    history: timeless(await readHistory(paths.history)),
    predictions: await readFile(paths.predictions, 'utf8'),
    events: decodeRecords(await readFile(paths.events)).map(stepOf),
  };
}

describe('fit', () => {
  test.each(['cpu', 'eager'])(
    'a run stopped and resumed anywhere is the run never stopped, bit for bit (%s)',
    async (engine) => {
      const recipe = tinyRecipe({ ...RANDOM, engine });
      const whole = join(root, 'whole');
      const events = await train(recipe, { folder: whole });
      expect(events.at(-1)?.kind).toBe('done');
      expect(events.filter(({ kind }) => kind === 'step')).toHaveLength(9);
      const expected = await outcome(whole);

      const pieces = join(root, 'pieces');
      // Mid-epoch, before a smaller batch, at the end of an epoch's steps, after a validation, after an epoch.
      const stops: ((event: FitEvent) => boolean)[] = [
        (event) => event.kind === 'step' && event.epoch === 0 && event.step === 0,
        (event) => event.kind === 'step' && event.epoch === 0 && event.step === 2,
        (event) => event.kind === 'validation',
        (event) => event.kind === 'step' && event.epoch === 1 && event.step === 1,
        (event) => event.kind === 'epoch',
      ];
      for (const [i, stopAt] of stops.entries()) {
        const last = (await train(recipe, { folder: pieces, resume: i > 0, stopAt })).at(-1);
        expect(last).toMatchObject({ kind: 'interrupted', saved: true });
      }
      expect((await train(recipe, { folder: pieces, resume: true })).at(-1)?.kind).toBe('done');
      expect(await outcome(pieces)).toEqual(expected);

      // A finished run resumed has nothing to do, and says the same.
      const again = await train(recipe, { folder: pieces, resume: true });
      expect(again.map(({ kind }) => kind)).toEqual(['done']);
      expect(await outcome(pieces)).toEqual(expected);
    },
  );

  test('a signal during a validation keeps the epoch, and the validation comes again', async () => {
    const recipe = tinyRecipe();
    const folder = join(root, 'run');
    const run = await openRun(folder, { recipe });
    const stop = new AbortController();
    const kinds: string[] = [];
    for await (const event of fit({
      recipe,
      run,
      model: tinyModel(),
      labels: TINY_LABELS,
      train: source(recipe),
      *validation() {
        stop.abort();
        yield* tinyClips(12, 'test');
      },
      signal: stop.signal,
      threads: 1,
    })) {
      kinds.push(event.kind);
    }
    await run.close();
    expect(kinds).toEqual(['step', 'step', 'interrupted']);
    const resumed = (await train(recipe, { folder, resume: true })).map(({ kind }) => kind);
    expect(resumed).toEqual(['validation', 'epoch', 'step', 'step', 'validation', 'epoch', 'done']);
  });

  test('the same recipe on both engines learns the same', async () => {
    const losses = async (engine: string) =>
      (await train(tinyRecipe({ ...RANDOM, engine }))).flatMap((event) =>
        event.kind === 'epoch' ? [event.report.loss] : [],
      );
    const [cpu, eager] = [await losses('cpu'), await losses('eager')];
    // Rounding differs from step to step; nine steps of Adam keep it below a thousandth.
    cpu.forEach((loss, i) => expect(Math.abs(loss / (eager[i] ?? NaN) - 1)).toBeLessThan(1e-3));
  });

  test('true labels are learnt, shuffled ones are not', async () => {
    const recipe = tinyRecipe({ epochs: 12, task: { kind: 'extended-mtl' } });
    const examples = tinyExamples(80, 'train');
    const order = createRng('shuffle').permutation(examples.length);
    const shuffled = examples.map((example, i) => ({ ...example, scene: examples[order[i] ?? 0]?.scene ?? '' }));
    const accuracy = async (given: readonly TrainingExample[]) => {
      const model = tinyModel({ abstract: true });
      let last = NaN;
      for await (const event of fit({
        recipe,
        model,
        labels: TINY_LABELS,
        train: source(recipe, given),
        validation: () => tinyClips(200, 'held out'),
        threads: 1,
      })) {
        if (event.kind === 'validation') last = event.validation.accuracy;
      }
      return last;
    };
    expect(await accuracy(examples)).toBeGreaterThan(0.8);
    // Chance is 0.25; 200 clips have a standard error of 0.03, and 80 shuffled labels leave a little true signal by luck.
    expect(await accuracy(shuffled)).toBeLessThan(0.45);
  });

  test('the model holds the trained weights when the run is over', async () => {
    const recipe = tinyRecipe();
    const model = tinyModel();
    const folder = join(root, 'run');
    const run = await openRun(folder, { recipe });
    for await (const _ of fit({ recipe, run, model, labels: TINY_LABELS, train: source(recipe) }));
    await run.close();
    const { state } = await readCheckpoint(runPaths(folder).last);
    for (const { name, variable } of namedWeights(model)) {
      expect([name, Array.from(variable.dataSync())]).toEqual([name, Array.from(state[name]?.data ?? [])]);
    }
  });

  test('a loss that is not finite names epoch and step, and the last checkpoint stays', async () => {
    const recipe = tinyRecipe({ epochs: 3 });
    const good = source(recipe);
    const folder = join(root, 'run');
    const poisoned: BatchSource = {
      ...good,
      async *batches(epoch, firstStep) {
        let step = firstStep;
        for await (const batch of good.batches(epoch, firstStep)) {
          if (epoch === 1 && step++ === 1) batch['x']!.data[7] = NaN;
          yield batch;
        }
      },
    };
    await expect(train(recipe, { folder, train: poisoned })).rejects.toThrow(
      /not finite at epoch 1, step 1\.\nexpected a finite loss, received NaN, and 1 such numbers in "x"/,
    );
    const { epoch, step } = await readCheckpoint(runPaths(folder).last);
    expect([epoch, step]).toEqual([1, 0]);
    const { status } = await readRun(folder);
    expect(status).toMatchObject({ state: 'failed', epoch: 1, error: { what: expect.stringContaining('not finite') } });
    // With the cause gone the run goes on.
    expect((await train(recipe, { folder, resume: true })).at(-1)?.kind).toBe('done');
    expect((await readRun(folder)).status).toMatchObject({ state: 'done', epoch: 3 });
  });

  test('a learning rate far too high is an error, not a run of NaN', async () => {
    const recipe = tinyRecipe({
      optimiser: { kind: 'sgd', learningRate: 100, momentum: 0.99, weightDecay: 1 },
      epochs: 20,
    });
    await expect(train(recipe)).rejects.toThrow(AscError);
  });

  test('batches that do not fit are refused by name', async () => {
    const recipe = tinyRecipe();
    const good = source(recipe);
    const changed = (change: (batch: NdArrays) => NdArrays): BatchSource => ({
      ...good,
      async *batches(epoch, firstStep) {
        for await (const batch of good.batches(epoch, firstStep)) yield change(batch);
      },
    });
    const { x } = (await good.batches(0, 0)[Symbol.asyncIterator]().next()).value as NdArrays;
    await expect(train(recipe, { train: changed(() => ({ x: x! })) })).rejects.toThrow(/misses the array "scene"/);
    await expect(
      train(recipe, { train: changed((batch) => ({ ...batch, x: { ...x!, shape: [8, 6, 8, 1] } })) }),
    ).rejects.toThrow(/expected \(B, 8, 6, 1\), received \(8, 6, 8, 1\)/);
    await expect(train(recipe, { train: { ...good, stepsPerEpoch: 5 } })).rejects.toThrow(
      /ended early.*\nexpected 5 steps/,
    );
    expect(() => source(tinyRecipe({ batchSize: 64 }))).toThrow(/too few examples/);
  });

  test('an error of the batch source comes through', async () => {
    const recipe = tinyRecipe();
    const failing: BatchSource = {
      stepsPerEpoch: 2,
      async *batches(epoch, firstStep) {
        yield* (async function* () {
          for await (const batch of source(recipe).batches(epoch, firstStep)) {
            yield batch;
            throw new AscError({ what: 'The disk is gone.' });
          }
        })();
      },
    };
    await expect(train(recipe, { train: failing })).rejects.toThrow('The disk is gone.');
  });
});
