import { readCheckpoint, runPaths } from '@asc/train';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { join } from 'node:path';
import { evaluateModel } from './line/evaluate-model.js';
import { exportOnnx } from '@asc/onnx';
import { model as modelOf } from '@tensorflow/tfjs-layers';
import { renameSync } from 'node:fs';
import { loadRun } from './line/load-run.js';
import { runTraining } from './line/run-training.js';
import { groundsFor } from './line/trained-on.js';
import { exportFile } from './actions/export.js';
import { distance, judged, tinyRuns, type TinyRuns } from './tiny-runs.test.helper.js';

let tiny: TinyRuns;
beforeAll(async () => {
  tiny = await tinyRuns();
});
afterAll(() => tiny.remove());

const train = (name: string, changes: Readonly<Record<string, unknown>>) =>
  runTraining(tiny.recipe(changes), { out: join(tiny.path, name) });

describe('joint training by recipe', () => {
  it.each(['separated-classifier', 'sequential-mtl'])(
    '%s trains with the weights of the paper; validation, evaluation and export say the same',
    async (kind) => {
      const { history } = await train(kind, {
        model: { preset: `shim2022-${kind}`, options: { width: 4 } },
        task: { kind },
      });
      const { loss, parts } = history[0]!;
      expect(loss).toBeCloseTo(5 * parts['scene']! + parts['abstract']!, 4);
      const run = join(tiny.path, kind);
      // One network in two graphs; the export folds its norms.
      expect(distance(tiny.predictionsOf(run), await judged(run))).toBeLessThan(1e-5);
    },
  );

  it('predicts jointly where the recipe says so, everywhere alike', async () => {
    const model = { preset: 'shim2022-extended-mtl', options: { width: 4 } };
    const recipe = tiny.recipe({ model, task: { kind: 'extended-mtl' }, evaluate: { jointPrediction: true } });
    const run = join(tiny.path, 'jointly');
    await runTraining(recipe, { out: run });
    const said = tiny.predictionsOf(run);
    expect(distance(said, await judged(run))).toBeLessThan(1e-5);
    const file = join(tiny.path, 'jointly.onnx');
    await exportFile(run, { out: file, input: 'waveform' });
    // The front end computed in the graph.
    expect(distance(said, await judged(file))).toBeLessThan(1e-3);

    const loaded = await loadRun(run);
    const sceneAlone = modelOf({ inputs: loaded.model.training.inputs, outputs: loaded.model.training.outputs[0]! });
    const graph = exportOnnx(sceneAlone, { card: loaded.card });
    const alone = await evaluateModel(
      { model: graph, card: loaded.card },
      { ...(await groundsFor(loaded.card, {})), split: 'evaluate' },
    );
    expect(distance(said, alone.predictions)).toBeGreaterThan(1e-3);
  });

  it('a network and a task that do not go together are refused', async () => {
    const extended = { preset: 'shim2022-extended-mtl', options: { width: 4 } };
    await expect(train('bad', { model: extended, task: { kind: 'sequential-mtl' } })).rejects.toThrow(
      'expected task.kind "classification" or "aed" or "extended-mtl", received "sequential-mtl"',
    );
    const separated = { preset: 'shim2022-separated-classifier' };
    await expect(train('bad', { model: separated })).rejects.toThrow('expected task.kind "separated-classifier"');
    await expect(train('bad', { evaluate: { jointPrediction: true } })).rejects.toThrow('cannot predict jointly');
    await expect(
      train('bad', { model: separated, task: { kind: 'separated-classifier' }, evaluate: { jointPrediction: true } }),
    ).rejects.toThrow('predicts jointly as it is');
  });
});

describe('pre-training', () => {
  it('learns the abstract classes, then starts the scenes from those weights but for the output layer', async () => {
    const { report, card } = await train('abstract', { task: { kind: 'classification', classes: 'abstract' } });
    expect(card.labels.scenes).toEqual(['indoor', 'outdoor', 'transportation']);
    expect(report).toMatchObject({ labels: card.labels.scenes });
    const first = join(tiny.path, 'abstract');
    const rows = tiny.predictionsOf(first).rows;
    expect(new Set(rows.map(({ scene }) => scene))).toEqual(new Set(card.labels.scenes));
    expect(distance(tiny.predictionsOf(first), await judged(first))).toBeLessThan(1e-5);

    // A step too small to see: what the first run learnt is what the second holds.
    const still = { optimiser: { kind: 'sgd', learningRate: 1e-12 }, init: { from: runPaths(first).last } };
    await train('second', still);
    const [from, to] = await Promise.all(
      [first, join(tiny.path, 'second')].map(async (run) => (await readCheckpoint(runPaths(run).last)).state),
    );
    expect(from!['scene/kernel']!.shape).toEqual([80, 3]);
    expect(to!['scene/kernel']!.shape).toEqual([80, 10]);
    const kernels = Object.keys(to!).filter((name) => name.endsWith('/kernel') && name !== 'scene/kernel');
    expect(kernels.length).toBeGreaterThan(5);
    for (const name of kernels) expect([name, to![name]!.data]).toEqual([name, from![name]!.data]);

    // A finished run resumed does not ask for them any more.
    const gone = `${first}.moved`;
    renameSync(first, gone);
    const resumed = await runTraining(tiny.recipe(still), { out: join(tiny.path, 'second'), resume: true });
    renameSync(gone, first);
    expect(resumed.interrupted).toBe(false);
  });

  it('refuses weights that are not there, or of another network, before it makes a folder', async () => {
    await expect(train('none', { init: { from: 'nowhere' } })).rejects.toThrow(/weights "nowhere" are not there/);
    const wide = { preset: 'shim2022', options: { width: 8 } };
    await expect(train('none', { model: wide, init: { from: join(tiny.path, 'abstract') } })).rejects.toThrow(
      /do not fit the model "shim2022"/,
    );
    await expect(train('none', { init: { from: join(tiny.scenes, 'meta.csv') } })).rejects.toThrow(/safetensors/);
    await expect(train('none', { init: { from: tiny.scenes } })).rejects.toThrow(/is not a run folder/);
    expect(() => tiny.predictionsOf(join(tiny.path, 'none'))).toThrow();
  });
});
