import { readCheckpoint, runPaths } from '@asc/train';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { existsSync, renameSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { exportFile } from './actions/export.js';
import { runTraining } from './line/run-training.js';
import { distance, judged, tinyRuns, type TinyRuns } from './tiny-runs.test.helper.js';

let tiny: TinyRuns;
beforeAll(async () => {
  tiny = await tinyRuns();
});
afterAll(() => tiny.remove());

const SMALL = { width: 1, size: 16 };
const LOG_MEL = { preset: 'zhang2019', overrides: { bands: 8 } };
const VGGISH = { preset: 'vggish' };

const train = (name: string, changes: Readonly<Record<string, unknown>>, resume = false) =>
  runTraining(tiny.recipe(changes), { out: join(tiny.path, name), resume });
const network = (kind: string) => ({ preset: `zhang2019-${kind}`, options: { width: 2 } });
const stateOf = async (run: string) => (await readCheckpoint(runPaths(join(tiny.path, run)).last)).state;

/** What validation said in the run is what evaluation says of it, VGGish and second front end included. */
async function expectJudgedAlike(run: string): Promise<void> {
  const folder = join(tiny.path, run);
  // One network in two graphs; the export folds its norms.
  expect(distance(tiny.predictionsOf(folder), await judged(folder))).toBeLessThan(1e-5);
}

describe('cross-task transfer by recipe', () => {
  it('from scratch, a VGGish is trained with the network', async () => {
    const jrm = { model: network('jrm'), features: LOG_MEL, embeddings: { mode: 'scratch', ...SMALL } };
    await train('jrm', jrm);
    await expectJudgedAlike('jrm');
    const state = await stateOf('jrm');
    expect(state['conv1/kernel']?.shape).toEqual([3, 3, 1, 1]);
    expect(state['encoder_1_conv/kernel']).toBeDefined();
    await expect(
      exportFile(join(tiny.path, 'jrm'), { out: join(tiny.path, 'x.onnx'), input: 'waveform' }),
    ).rejects.toThrow('hears a recording at two sample rates');
    const file = join(tiny.path, 'jrm.onnx');
    await exportFile(join(tiny.path, 'jrm'), { out: file, input: 'features' });
    expect(distance(tiny.predictionsOf(join(tiny.path, 'jrm')), await judged(file))).toBeLessThan(1e-5);
  });

  it('feature-based, its weights stay, and travel with the run', async () => {
    const weights = join(tiny.path, 'jrm');
    const vfm = { model: network('vfm'), features: VGGISH, embeddings: { mode: 'feature-based', weights, ...SMALL } };
    await train('vfm', vfm);
    expect(Object.keys(await stateOf('vfm')).some((name) => name.startsWith('conv1/'))).toBe(false);
    renameSync(weights, `${weights}.away`);
    await expectJudgedAlike('vfm');
    // One input, one rate: raw samples will do.
    const file = join(tiny.path, 'vfm.onnx');
    await exportFile(join(tiny.path, 'vfm'), { out: file, input: 'waveform' });
    expect(distance(tiny.predictionsOf(join(tiny.path, 'vfm')), await judged(file))).toBeLessThan(1e-3);
    // Resumed, it asks for nothing from outside.
    rmSync(runPaths(join(tiny.path, 'vfm')).predictions);
    await train('vfm', vfm, true);
    await expectJudgedAlike('vfm');
    renameSync(`${weights}.away`, weights);
  });

  it('fine-tuning starts from weights that are given, and moves them', async () => {
    const weights = join(tiny.path, 'jrm');
    const cmam = {
      model: network('cmam'),
      features: LOG_MEL,
      embeddings: { mode: 'fine-tuning', weights, ...SMALL },
      optimiser: { kind: 'sgd', learningRate: 1e-6 },
    };
    await train('cmam', cmam);
    await expectJudgedAlike('cmam');
    const [before, after] = [(await stateOf('jrm'))['fc2/kernel']!, (await stateOf('cmam'))['fc2/kernel']!];
    const moved = Math.max(...[...after.data].map((value, i) => Math.abs(value - (before.data[i] ?? NaN))));
    expect(moved).toBeGreaterThan(0);
    expect(moved).toBeLessThan(1e-3);
  });

  it('recipes that do not hang together are refused before a folder is made', async () => {
    const scratch = { mode: 'scratch', ...SMALL };
    await expect(train('bad', { model: network('jrm'), features: LOG_MEL })).rejects.toThrow(/a section "embeddings"/);
    await expect(train('bad', { embeddings: scratch })).rejects.toThrow(/reads no embeddings/);
    const short = { model: network('vfm'), features: VGGISH, embeddings: scratch, clip: { seconds: 0.9 } };
    await expect(train('bad', short)).rejects.toThrow(/at least 0.975, received 0.9/);
    await expect(train('bad', { model: network('vfm'), features: LOG_MEL, embeddings: scratch })).rejects.toThrow(
      /features { "preset": "vggish" }, as they are/,
    );
    const frozen = { mode: 'feature-based', weights: join(tiny.scenes, 'meta.csv'), ...SMALL };
    await expect(train('bad', { model: network('jrm'), features: LOG_MEL, embeddings: frozen })).rejects.toThrow();
    expect(() => tiny.recipe({ embeddings: { mode: 'fine-tuning' } })).toThrow(/"embeddings.weights"/);
    expect(existsSync(join(tiny.path, 'bad'))).toBe(false);
  });
});
