import { createRng, type NdArrays } from '@asc/core';
import { BatchNorm, Conv2D, Dense } from '@asc/layers';
import '@tensorflow/tfjs-backend-cpu';
import * as tf from '@tensorflow/tfjs-core';
import { input, layers, model as newModel, sequential, type SymbolicTensor } from '@tensorflow/tfjs-layers';
import { afterEach, beforeEach, describe, expect, test } from '@jest/globals';
import fc from 'fast-check';
import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { inMemoryBatches, type BatchSource } from './batch-source.js';
import { readCheckpoint } from './checkpoint.js';
import { fit } from './fit.js';
import type { FitEvent } from './fit-events.js';
import { namedWeights } from './named-weights.js';
import { onlineTeacher } from './online-teacher.js';
import type { Recipe } from './recipe-schema.js';
import { openRun, readRun, runPaths } from './run-folder.js';
import { sceneSegments } from './scene-segments.js';
import { teacherTargets } from './teacher-targets.js';
import { TINY_LABELS, tinyClips, tinyExamples, tinyModel, tinyRecipe } from './tiny-scenes.test.helper.js';
import { createTrainer } from './trainer.js';
import { hiddenVectors, hiddenWidth, withHiddenOutput } from './with-hidden-output.js';

const EXAMPLES = tinyExamples(20, 'train').map((example, i) => ({
  ...example,
  id: `${i}`,
  location: `place ${i % 8}`,
}));
const IDS = EXAMPLES.map(({ id }) => id);
const SEGMENTS = { kind: 'segments', refresh: 'test' };

let root: string;
beforeEach(async () => {
  root = await mkdtemp(join(tmpdir(), 'asc-online-'));
});
afterEach(() => rm(root, { recursive: true }));

/** The batches a recipe's distillation asks for. */
function source(recipe: Recipe): BatchSource {
  const { batchSize, dropLast, seed, distillation } = recipe;
  const rng = createRng(seed);
  const answers = (name: string) => {
    const draws = createRng(name);
    const logits = new Map(IDS.map((id) => [id, TINY_LABELS.scenes.map((_, y) => draws.split(id, y).normal())]));
    return { name, scenes: TINY_LABELS.scenes, logits };
  };
  return inMemoryBatches({
    examples: EXAMPLES,
    labels: TINY_LABELS,
    batchSize,
    dropLast,
    rng,
    ...(distillation?.kind === 'segments' && {
      segments: sceneSegments(EXAMPLES, distillation.segments - 1, rng.split('segments')),
    }),
    ...(distillation?.kind === 'teachers' && {
      targets: teacherTargets({
        config: distillation,
        teachers: distillation.teachers.map(({ file }) => answers(file)),
        labels: TINY_LABELS,
        ids: IDS,
        rng: rng.split('teachers'),
      }),
    }),
  });
}

/** Runs until done or until `stopAt` says so, as one process would. */
async function train(
  recipe: Recipe,
  folder: string,
  options: { resume?: boolean; stopAt?: (event: FitEvent) => boolean; selection?: boolean } = {},
): Promise<FitEvent[]> {
  const { resume = false, stopAt, selection = false } = options;
  const run = await openRun(folder, { recipe, resume });
  const stop = new AbortController();
  const events: FitEvent[] = [];
  try {
    for await (const event of fit({
      recipe,
      run,
      labels: TINY_LABELS,
      model: tinyModel({ dropout: 0.3, abstract: recipe.task.kind === 'extended-mtl' }),
      train: source(recipe),
      validation: () => tinyClips(12, 'test'),
      selection: selection ? () => tinyClips(8, 'aside') : undefined,
      signal: stop.signal,
      threads: 1,
    })) {
      events.push(event);
      if (stopAt?.(event) === true) stop.abort();
    }
  } finally {
    await run.close();
  }
  return events;
}

const bytesOf = async (folder: string) =>
  Promise.all([runPaths(folder).predictions].map((path) => readFile(path, 'base64')));

/** Everything a run computed but the time it took. */
async function outcome(folder: string) {
  const paths = runPaths(folder);
  const { history } = await readRun(folder);
  const states = await Promise.all([paths.last, paths.best].map(async (path) => (await readCheckpoint(path)).state));
  return {
    states: states.map(bits),
    losses: history.map(({ loss, parts, validation, selection }) => [
      loss,
      parts,
      validation?.logLoss,
      selection?.logLoss,
    ]),
    predictions: await bytesOf(folder),
  };
}

const bits = (arrays: NdArrays) =>
  Object.entries(arrays)
    .sort(([a], [b]) => (a < b ? -1 : 1))
    .map(([name, { data }]) => [name, Buffer.from(data.buffer, data.byteOffset, data.byteLength).toString('base64')]);

/** Weights of a state that is under a prefix, or under none. */
const under = (state: NdArrays, prefix: string) =>
  bits(
    Object.fromEntries(
      Object.entries(state).flatMap(([name, array]) =>
        name.startsWith(prefix) ? [[name.slice(prefix.length), array] as const] : [],
      ),
    ),
  );

const TWO_TEACHERS = [{ file: 'a' }, { file: 'b' }];

describe('a distilled run', () => {
  test.each([
    ['segments', 'cpu', SEGMENTS],
    ['segments', 'eager', SEGMENTS],
    ['switched teachers', 'cpu', { kind: 'teachers', teachers: TWO_TEACHERS, strategy: 'switch', hardWeight: 0.5 }],
    ['augmented training', 'cpu', { kind: 'teachers', teachers: TWO_TEACHERS, strategy: 'augmented', hardWeight: 0.5 }],
  ])('with %s, stopped and resumed anywhere, is the run never stopped, bit for bit (%s)', async (_, engine, given) => {
    const recipe = tinyRecipe({
      engine,
      distillation: given,
      task: { kind: 'extended-mtl' },
      augment: { timeRoll: true, mixup: { alpha: 0.4 } },
      // Batches of two sizes, which takes a second compilation of student and teacher.
      dropLast: given.kind !== 'segments',
      epochs: 2,
    });
    const [whole, pieces] = [join(root, 'whole'), join(root, 'pieces')];
    expect((await train(recipe, whole, { selection: true })).at(-1)?.kind).toBe('done');
    const stops: ((event: FitEvent) => boolean)[] = [
      (event) => event.kind === 'validation',
      (event) => event.kind === 'step' && event.epoch === 1 && event.step === 0,
    ];
    for (const [i, stopAt] of stops.entries()) {
      const last = (await train(recipe, pieces, { resume: i > 0, stopAt, selection: true })).at(-1);
      expect(last).toMatchObject({ kind: 'interrupted', saved: true });
    }
    expect((await train(recipe, pieces, { resume: true, selection: true })).at(-1)?.kind).toBe('done');
    expect(await outcome(pieces)).toEqual(await outcome(whole));
  });

  test('of both engines learns the same, and the parts add up', async () => {
    const losses = async (engine: string) => {
      const folder = join(root, engine);
      await train(tinyRecipe({ engine, distillation: SEGMENTS, epochs: 2 }), folder);
      return (await readRun(folder)).history.map(({ loss, parts }) => ({ loss, parts }));
    };
    const [cpu, eager] = [await losses('cpu'), await losses('eager')];
    cpu.forEach(({ loss, parts }, i) => {
      expect(Object.keys(parts)).toEqual(['scene', 'kl', 'cosine']);
      expect(loss).toBeCloseTo(
        Object.values(parts).reduce((sum, part) => sum + part, 0),
        4,
      );
      // Rounding differs from step to step; a few steps of Adam keep it below a thousandth.
      expect(Math.abs(loss / (eager[i]?.loss ?? NaN) - 1)).toBeLessThan(1e-3);
    });
  });

  test('has a teacher that is the student of the epoch chosen last, on the clips kept aside where there are some', async () => {
    const folder = join(root, 'run');
    const recipe = tinyRecipe({ distillation: SEGMENTS, epochs: 4 });
    const events = await train(recipe, folder, { selection: true });
    const epochs = events.flatMap((event) => (event.kind === 'epoch' ? [event] : []));
    let most = -1;
    let least = Infinity;
    for (const { best, report } of epochs) {
      const { accuracy = NaN, logLoss = NaN } = report.selection ?? {};
      expect(best).toBe(accuracy > most || (accuracy === most && logLoss < least));
      if (best) [most, least] = [accuracy, logLoss];
    }
    const [best, last] = [await readCheckpoint(runPaths(folder).best), await readCheckpoint(runPaths(folder).last)];
    const student = (state: NdArrays) =>
      under(state, '').filter(([name]) => !/^(optimiser|teacher)\//.test(name as string));
    expect(under(best.state, 'teacher/')).toEqual(student(best.state));
    expect(under(last.state, 'teacher/')).toEqual(student(best.state));
  });
});

/** Convolution and dense layer alone: training form and inference form are the same. */
const plainModel = () =>
  sequential({
    layers: [
      new Conv2D({ inputShape: [8, 6, 1], filters: 3, kernelSize: [3, 3], padding: 'valid', seed: 1 }),
      layers.flatten(),
      new Dense({ units: 4, seed: 2 }),
    ],
  });

describe('the online teacher', () => {
  test.each(['cpu', 'eager'] as const)(
    'that is the student, asked about the same segment, leaves nothing to learn (%s)',
    async (engine) => {
      const recipe = tinyRecipe({ engine, distillation: { ...SEGMENTS, segments: 1 } });
      const trainer = createTrainer({ recipe, model: plainModel(), labels: TINY_LABELS, stepsPerEpoch: 2, threads: 1 });
      const [batch] = await collect(source(recipe));
      const { loss, parts } = await trainer.step(0, 0, batch as NdArrays);
      // Zero but for the rounding of two graphs and two logarithms.
      expect(Math.abs(parts['kl'] ?? NaN)).toBeLessThan(1e-6);
      expect(Math.abs(parts['cosine'] ?? NaN)).toBeLessThan(1e-6);
      expect(loss).toBeCloseTo(parts['scene'] ?? NaN, 5);
      // After a step they differ, until the teacher is refreshed.
      const { parts: later } = await trainer.step(0, 1, batch as NdArrays);
      expect(later['cosine']).toBeGreaterThan(1e-6);
      trainer.refreshTeacher();
      const { parts: refreshed } = await trainer.step(1, 0, batch as NdArrays);
      expect(Math.abs(refreshed['cosine'] ?? NaN)).toBeLessThan(1e-6);
      await trainer.release();
    },
  );

  test('says the mean of what the network says of every segment', async () => {
    const recipe = tinyRecipe({ distillation: SEGMENTS });
    const [batch = {}] = await collect(source(recipe));
    expect(Object.keys(batch)).toEqual(['x', 'scene', 'abstract', 'segment/1', 'segment/2']);
    const model = withHiddenOutput(tinyModel());
    const teacher = onlineTeacher(model, { segments: 3, temperature: 2 }, { engine: 'cpu', threads: 1 });
    const said = await teacher.teach(batch);
    const each = ['x', 'segment/1', 'segment/2'].map((name) => {
      const { data, shape } = batch[name] as NdArrays[string];
      const [logits, hidden] = model.predict(tf.tensor(data, [...shape])) as [tf.Tensor, tf.Tensor];
      return [tf.softmax(tf.div(logits, 2)), hidden] as const;
    });
    for (const [i, name] of (['teacher', 'teacher-hidden'] as const).entries()) {
      const expected = tf.mean(tf.stack(each.map((answers) => answers[i] as tf.Tensor)), 0).dataSync();
      // Single precision, sums of a few dozen terms of up to 5.
      said[name]?.data.forEach((value, at) => expect(Math.abs(value - (expected[at] ?? NaN))).toBeLessThan(2e-5));
    }
    await expect(teacher.teach({ x: batch['x'] as NdArrays[string] })).rejects.toThrow(/misses the array "segment\/1"/);
    await teacher.release();
  });
});

describe('the last hidden layer', () => {
  test('is what goes into the layer of the logits, norms and averages behind it passed, under the same weight names', () => {
    const dense = tinyModel();
    expect(hiddenWidth(withHiddenOutput(dense))).toBe(4 * 8 * 6);
    const convolutional = sequential({
      layers: [
        new Conv2D({ inputShape: [8, 6, 1], filters: 5, kernelSize: [3, 3], padding: 'valid' }),
        new Conv2D({ filters: 4, kernelSize: [1, 1], padding: 'valid' }),
        new BatchNorm(),
        layers.globalAveragePooling2d({}),
      ],
    });
    const shown = withHiddenOutput(convolutional);
    expect(shown.outputs.map(({ shape }) => shape)).toEqual([
      [null, 4],
      [null, 6, 4, 5],
    ]);
    expect(hiddenVectors(tf.ones([2, 6, 4, 5])).shape).toEqual([2, 5]);
    for (const model of [dense, convolutional]) {
      const names = (of: typeof model) => namedWeights(of).map(({ name }) => name);
      expect(names(withHiddenOutput(model))).toEqual(names(model));
    }
  });

  test('is refused where the way to it forks, as is a network of several inputs', () => {
    const [left, right] = [input({ shape: [8, 6, 1] }), input({ shape: [8, 6, 1] })];
    const flat = layers.flatten().apply(layers.add().apply([left, right])) as SymbolicTensor;
    const logits = new Dense({ units: 4 }).apply(flat) as SymbolicTensor;
    const both = newModel({ inputs: [left, right], outputs: logits });
    const recipe = tinyRecipe({ distillation: SEGMENTS });
    expect(() => createTrainer({ recipe, model: both, labels: TINY_LABELS, stepsPerEpoch: 1 })).toThrow(
      /cannot be distilled from segments.*\nexpected a model of one input/,
    );
    const maps = input({ shape: [4] });
    const heads = [1, 2].map((seed) => new Dense({ units: 4, seed }).apply(maps) as SymbolicTensor);
    const sum = layers.add().apply(heads) as SymbolicTensor;
    expect(() => withHiddenOutput(newModel({ inputs: maps, outputs: sum }))).toThrow(
      /last hidden layer .* was not found/,
    );
  });
});

describe('segments of a scene', () => {
  const clips = fc.array(
    fc.record({
      scene: fc.constantFrom('bus', 'park'),
      location: fc.option(fc.constantFrom('a', 'b', 'c'), { nil: undefined }),
    }),
    { minLength: 1, maxLength: 20 },
  );

  test('are of the same scene, of other locations first, and the same whenever they are asked for', () => {
    fc.assert(
      fc.property(clips, fc.integer({ min: 0, max: 3 }), (given, others) => {
        const known = given.map((clip, i) => ({ ...clip, id: `${i}` }));
        const draw = sceneSegments(known, others, createRng(1));
        const again = sceneSegments(known, others, createRng(1));
        known.forEach(({ scene, location, id }, index) => {
          const placeOf = (clip: (typeof known)[number] | undefined) => clip?.location ?? `alone ${clip?.id}`;
          const drawn = draw(index, 3);
          expect(drawn).toEqual(again(index, 3));
          expect(drawn).toHaveLength(others);
          const elsewhere = new Set(known.filter((clip) => clip.scene === scene).map(placeOf));
          elsewhere.delete(location ?? `alone ${id}`);
          const places = drawn.map((at) => placeOf(known[at]));
          for (const at of drawn) expect(known[at]?.scene).toBe(scene);
          if (elsewhere.size > 0) for (const place of places) expect(elsewhere).toContain(place);
          expect(new Set(places).size).toBe(Math.min(others, Math.max(1, elsewhere.size)));
          if (given.filter((clip) => clip.scene === scene).length > 1) expect(drawn).not.toContain(index);
        });
      }),
      { seed: 1, numRuns: 100 },
    );
  });

  test('change from epoch to epoch, and need ids', () => {
    const draw = sceneSegments(EXAMPLES, 2, createRng(1));
    const epochs = Array.from({ length: 20 }, (_, epoch) => draw(0, epoch).join());
    expect(new Set(epochs).size).toBeGreaterThan(1);
    expect(() => sceneSegments([{ scene: 'bus' }], 2, createRng(1))).toThrow(/Clip 0 has no id/);
  });
});

async function collect(batches: BatchSource): Promise<NdArrays[]> {
  const all: NdArrays[] = [];
  for await (const batch of batches.batches(0, 0)) all.push(batch);
  return all;
}
