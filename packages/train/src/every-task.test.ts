import { createRng, labelSpace, type FeatureMap, type LabelSpace, type NdArrays } from '@asc/core';
import { Dense, Dropout } from '@asc/layers';
import '@tensorflow/tfjs-backend-cpu';
import { input, layers, model, type LayersModel, type SymbolicTensor } from '@tensorflow/tfjs-layers';
import { afterEach, beforeEach, describe, expect, test } from '@jest/globals';
import { existsSync } from 'node:fs';
import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { BatchSource } from './batch-source.js';
import { readCheckpoint } from './checkpoint.js';
import { fit } from './fit.js';
import type { FitEvent } from './fit-events.js';
import { multiHotTargets } from './multi-hot-targets.js';
import { oneHotTargets } from './one-hot-targets.js';
import type { EvaluationClip } from './predict-clips.js';
import type { Recipe } from './recipe-schema.js';
import { openRun, runPaths } from './run-folder.js';
import { stackMaps } from './stack-maps.js';
import { teacherTargets } from './teacher-targets.js';
import { TINY_LABELS, tinyMap, tinyModel, tinyRecipe } from './tiny-scenes.test.helper.js';

/** A tiny scene as both kinds of clip: its scene, and as "events" the scene and the one after it. */
function clip(i: number, seed: string) {
  const rng = createRng(seed).split(i);
  const at = i % TINY_LABELS.scenes.length;
  const scene = TINY_LABELS.scenes[at] as string;
  const next = TINY_LABELS.scenes[(at + 1) % TINY_LABELS.scenes.length] as string;
  const map = tinyMap(at, rng);
  const beside: FeatureMap = { data: rng.fillNormal(new Float32Array(6)), bands: 3, frames: 2, channels: 1 };
  return { id: `clip-${i}`, map, beside, scene, events: [scene, next] };
}

interface Kind {
  readonly recipe: Readonly<Record<string, unknown>>;
  readonly model: () => LayersModel;
  /** The label of a scene; its own where there is none. */
  readonly labels?: LabelSpace;
  readonly labelOf?: (scene: string) => string;
}

/** Maps and, beside them, embeddings (3, 2, 1), both through dropout. */
function twoInputs(): LayersModel {
  const maps = input({ shape: [8, 6, 1], name: 'features' });
  const embeddings = input({ shape: [3, 2, 1], name: 'embeddings' });
  const flat = (x: SymbolicTensor, name: string) => layers.flatten({ name }).apply(x) as SymbolicTensor;
  const both = layers.concatenate({ name: 'both' }).apply([flat(maps, 'flat'), flat(embeddings, 'flat_e')]);
  const heard = new Dropout({ name: 'drop', rate: 0.3 }).apply(both as SymbolicTensor);
  return model({
    inputs: [maps, embeddings],
    outputs: new Dense({ name: 'scene', units: 4, seed: 1 }).apply(heard),
    name: 'two',
  });
}

/** As `classes: "abstract"` has it: the abstract classes in the place of the scenes. */
const ABSTRACTS = labelSpace([...TINY_LABELS.abstracts]);
const isOutdoor = (scene: string) => ['park', 'square'].includes(scene);

const one = (abstract = false) => tinyModel({ abstract, dropout: 0.3 });
const TEACHERS = {
  kind: 'teachers',
  strategy: 'mean',
  temperature: 2,
  hardWeight: 0.5,
  teachers: [{ file: 'first.safetensors' }, { file: 'second.safetensors' }],
} as const;
const KINDS: readonly (readonly [string, Kind])[] = [
  ['smoothed labels', { recipe: { task: { kind: 'classification', labelSmoothing: 0.1 } }, model: one }],
  ['focal loss', { recipe: { task: { kind: 'classification', focalGamma: 2 } }, model: one }],
  ['conventional joint training', { recipe: { task: { kind: 'conventional-mtl' } }, model: () => one(true) }],
  ['separated classifiers', { recipe: { task: { kind: 'separated-classifier' } }, model: () => one(true) }],
  ['sequential joint training', { recipe: { task: { kind: 'sequential-mtl' } }, model: () => one(true) }],
  ['extended joint training', { recipe: { task: { kind: 'extended-mtl' } }, model: () => one(true) }],
  [
    'pre-training on abstract classes',
    {
      recipe: { task: { kind: 'classification', classes: 'abstract' } },
      model: () => tinyModel({ dropout: 0.3, scenes: 2 }),
      labels: ABSTRACTS,
      labelOf: (scene) => (isOutdoor(scene) ? 'outdoor' : 'transportation'),
    },
  ],
  ['the mean of two teachers', { recipe: { distillation: TEACHERS }, model: one }],
  ['a moving average', { recipe: { averaging: { kind: 'ema', decay: 0.9 } }, model: one }],
  ['sound events', { recipe: { task: { kind: 'aed' } }, model: one }],
  ['two inputs', { recipe: {}, model: twoInputs }],
];

/** What two teachers say of every training clip, where the recipe has some. */
function teachers({ distillation, seed }: Recipe, count: number) {
  if (distillation?.kind !== 'teachers') return undefined;
  const ids = Array.from({ length: count }, (_, i) => `clip-${i}`);
  const rng = createRng(seed).split('teachers');
  const said = distillation.teachers.map(({ file }) => ({
    name: file,
    scenes: TINY_LABELS.scenes,
    logits: new Map(ids.map((id) => [id, TINY_LABELS.scenes.map((_, y) => rng.split(file, id, y).normal())])),
  }));
  return teacherTargets({ config: distillation, teachers: said, labels: TINY_LABELS, ids, rng });
}

function batches(
  recipe: Recipe,
  labelOf = (i: number) => i,
  { labels: space = TINY_LABELS, labelOf: name = (scene) => scene }: Partial<Kind> = {},
): BatchSource {
  const { batchSize } = recipe;
  const taught = teachers(recipe, 3 * batchSize);
  return {
    stepsPerEpoch: 3,
    async *batches(epoch, firstStep) {
      const order = createRng(7)
        .split(epoch)
        .permutation(3 * batchSize);
      for (let step = firstStep; step < 3; step++) {
        const places = [...order.subarray(step * batchSize, (step + 1) * batchSize)];
        const clips = places.map((i) => clip(i, 'train'));
        const labels = places.map((i) => clip(labelOf(i), 'train'));
        const batch: NdArrays = {
          x: stackMaps(clips.map(({ map }) => map)),
          embeddings: stackMaps(clips.map(({ beside }) => beside)),
          ...oneHotTargets(
            space,
            labels.map(({ scene }) => name(scene)),
          ),
          ...taught?.arrays(
            clips.map(({ id }) => ({ id, copy: 0 })),
            { epoch, step },
          ),
          ...multiHotTargets(
            TINY_LABELS,
            labels.map(({ events }) => events),
          ),
        };
        yield batch;
      }
    },
  };
}

function heldOut(count: number): EvaluationClip[] {
  return Array.from({ length: count }, (_, i) => {
    const { id, map, beside, scene, events } = clip(i, 'held out');
    return { id, scene, events, device: undefined, crops: [map], further: { embeddings: [beside] } };
  });
}

let root: string;
beforeEach(async () => {
  root = await mkdtemp(join(tmpdir(), 'asc-task-'));
});
afterEach(() => rm(root, { recursive: true }));

/** Runs in `folder`, from where it stands, until done or `stopAfter` steps. */
async function run(kind: Kind, folder: string, stopAfter = Infinity): Promise<void> {
  const { recipe: changes, model: make, labels = TINY_LABELS, labelOf = (scene) => scene } = kind;
  const recipe = tinyRecipe({ batchSize: 4, augment: { mixup: { alpha: 0.4 }, timeRoll: true }, ...changes });
  const opened = await openRun(folder, { recipe, resume: true });
  const stop = new AbortController();
  let steps = 0;
  for await (const event of fit({
    recipe,
    run: opened,
    model: make(),
    labels,
    train: batches(recipe, undefined, kind),
    validation: () => heldOut(6).map((each) => ({ ...each, scene: labelOf(each.scene ?? '') })),
    signal: stop.signal,
    threads: 1,
  })) {
    if (event.kind === 'step' && ++steps === stopAfter) stop.abort();
  }
  await opened.close();
}

/** All a run computed, as bytes. */
async function outcome(folder: string): Promise<unknown[]> {
  const { last, best, averaged, predictions } = runPaths(folder);
  const kept = [last, best, ...(existsSync(averaged) ? [averaged] : [])];
  const states = await Promise.all(kept.map(async (path) => (await readCheckpoint(path)).state));
  return [...states, await readFile(predictions, 'utf8')];
}

describe('every task', () => {
  test.each(KINDS)('%s: a run stopped mid-epoch and resumed is the run never stopped, bit for bit', async (_, kind) => {
    const [whole, pieces] = [join(root, 'whole'), join(root, 'pieces')];
    await run(kind, whole);
    await run(kind, pieces, 2);
    await run(kind, pieces);
    expect(await outcome(pieces)).toEqual(await outcome(whole));
  });

  test('sound events are learnt from true labels and not from shuffled ones; the best epoch has the highest mAP', async () => {
    const recipe = tinyRecipe({ task: { kind: 'aed' }, batchSize: 16, epochs: 12 });
    const order = createRng('shuffle').permutation(48);
    const learn = async (labelOf?: (i: number) => number) => {
      const events: FitEvent[] = [];
      for await (const event of fit({
        recipe,
        model: tinyModel(),
        labels: TINY_LABELS,
        train: batches(recipe, labelOf),
        validation: () => heldOut(80),
        threads: 1,
      })) {
        events.push(event);
      }
      const epochs = events.flatMap((event) => (event.kind === 'epoch' ? [event] : []));
      const scores = epochs.map(({ report }) => report.validation?.meanAveragePrecision ?? NaN);
      const best = epochs.findLastIndex((event) => event.best);
      expect(scores[best]).toBe(Math.max(...scores));
      const rows = events.flatMap((event) => (event.kind === 'done' ? (event.predictions?.rows ?? []) : []));
      expect(rows[0]).toMatchObject({ events: ['bus', 'park'] });
      return scores.at(-1);
    };
    expect(await learn()).toBeGreaterThan(0.85);
    // Chance is 0.5: every clip has two events of four.
    expect(await learn((i) => order[i] ?? 0)).toBeLessThan(0.65);
  });
});
