import { encodeOnnx, type OnnxModel } from '@asc/onnx';
import { runPaths } from '@asc/train';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { exportFile } from './actions/export.js';
import { readContestant } from './line/contestant.js';
import { evaluateModel } from './line/evaluate-model.js';
import { loadModel } from './line/load-model.js';
import { exportRun, loadRun } from './line/load-run.js';
import { openRecipeDataset } from './line/open-dataset.js';
import { quantizeModel } from './line/quantize-model.js';
import { runTraining } from './line/run-training.js';
import { groundsFor } from './line/trained-on.js';
import { distance, judged, tinyRuns, type TinyRuns } from './tiny-runs.test.helper.js';

let tiny: TinyRuns;
const at = (run: string): string => join(tiny.path, run);
const quantized = (changes: Readonly<Record<string, unknown>> = {}) =>
  tiny.recipe({ init: { from: at('float') }, quantization: { freezeEpochs: 1 }, epochs: 2, ...changes });
/** The graph alone: cards differ by the recipe in them. */
const bytesOf = (model: OnnxModel): string => Buffer.from(encodeOnnx({ ...model, metadata: {} })).toString('base64');

beforeAll(async () => {
  tiny = await tinyRuns();
  await runTraining(tiny.recipe({ optimiser: { kind: 'adam', learningRate: 1e-2 } }), { out: at('float') });
  await runTraining(quantized(), { out: at('whole') });
});
afterAll(() => tiny.remove());

describe('training with the rounding of 8 bits', () => {
  it('that learns nothing, in ranges that stand still, ends in the file that quantizing afterwards gives', async () => {
    // Too small a step to change a float32 number.
    const optimiser = { kind: 'sgd', learningRate: 1e-30 };
    for (const scheme of ['u8s8', 'u8u8']) {
      const recipe = quantized({ optimiser, quantization: { scheme, freezeEpochs: 1 }, epochs: 1 });
      await runTraining(recipe, { out: at(scheme) });
      const trained = exportRun(await loadRun(at(scheme)), 'features');
      const dataset = await openRecipeDataset(recipe.dataset);
      const afterwards = await quantizeModel(await loadModel(at('float')), {
        clips: dataset.split(1, 'train'),
        scheme: scheme as 'u8s8',
      });
      expect(bytesOf(trained)).toBe(bytesOf(afterwards.model));
    }
  });

  it('hears what its 8-bit file hears, of maps and of samples', async () => {
    const own = tiny.predictionsOf(at('whole'));
    expect(distance(await judged(at('whole')), own)).toBeLessThan(1e-4);
    const run = await loadRun(at('whole'));
    const samples = exportRun(run, 'waveform');
    const ops = samples.nodes.map(({ op }) => op);
    expect(ops.filter((op) => op === 'QuantizeLinear').length).toBeGreaterThan(10);
    const card = { ...run.card, input: 'waveform' as const };
    const grounds = await groundsFor({ ...card, recipe: run.recipe }, {});
    const { predictions } = await evaluateModel({ model: samples, card }, { ...grounds, split: 'evaluate' });
    // Maps that differ in their last digits round to another step here and there.
    expect(distance(predictions, own)).toBeLessThan(0.02);
    expect(distance(await judged(at('float')), own)).toBeGreaterThan(1e-3);
  });

  it('goes on to the same result, bit for bit, and moves its ranges in all but the last epochs', async () => {
    const stop = new AbortController();
    const stopped = await runTraining(quantized(), {
      out: at('stopped'),
      signal: stop.signal,
      onEvent: (event) => event.kind === 'epoch' && stop.abort(),
    });
    expect(stopped.interrupted).toBe(true);
    const between = await loadRun(at('stopped'));
    await runTraining(quantized(), { out: at('stopped'), resume: true });
    const bytes = (run: string) => readFileSync(runPaths(at(run)).last, 'base64');
    expect(bytes('stopped')).toBe(bytes('whole'));
    const [half, end] = [between.model, (await loadRun(at('whole'))).model] as unknown as {
      layer: { ranges(): object[] };
    }[];
    expect(end!.layer.ranges()).toEqual(half!.layer.ranges());
    const start = (await loadRun(at('u8s8'))).model as unknown as { layer: { ranges(): object[] } };
    expect(end!.layer.ranges()).not.toEqual(start.layer.ranges());
  });

  it('can be compared with the run it started from, and is exported as it is', async () => {
    const [float, int8] = [await readContestant(at('float')), await readContestant(at('whole'))];
    // Without its norms, which are folded.
    expect(int8.parameters).toBeLessThan(float.parameters!);
    expect(int8.parameters).toBeGreaterThan(0.8 * float.parameters!);
    await expect(
      exportFile(at('whole'), { out: at('x.onnx'), input: 'features', fp16: true } as never),
    ).rejects.toThrow(/trained on 8 bits/);
  });

  it.each([
    ['a start', { init: undefined }, /"init"/],
    ['no further branch', { task: { kind: 'extended-mtl' } }, /"task.kind".*\n.*one output/],
    ['the last weights', { averaging: { kind: 'swa' } }, /"averaging.kind"/],
  ])('wants %s', (_, changes, message) => {
    expect(() => quantized(changes)).toThrow(message);
  });

  it('is refused from weights of another network, from a file, and from 8 bits', async () => {
    const begin = (changes: object) =>
      runTraining(quantized(changes as Record<string, unknown>), { out: at('refused') });
    await expect(begin({ model: { preset: 'shim2022', options: { width: 8 } } })).rejects.toThrow(/different model/);
    await expect(begin({ init: { from: at('whole') } })).rejects.toThrow(/on 8 bits already/);
    writeFileSync(at('weights.safetensors'), '');
    await expect(begin({ init: { from: at('weights.safetensors') } })).rejects.toThrow(/folder of a run/);
  });
});
