import { createRng, type Predictions } from '@asc/core';
import { writeWav } from '@asc/data';
import { createModel } from '@asc/models';
import { namedWeights, parseRecipe, readCheckpoint, runPaths } from '@asc/train';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { exportFile } from './actions/export.js';
import { asc, temporaryFolder } from './asc.test.helper.js';
import { loadEmbedder } from './line/embedder.js';
import { runTraining } from './line/run-training.js';
import { distance, judged } from './tiny-runs.test.helper.js';

const RATE = 16_000;
const SECONDS = 1;
/** Tones by the event they stand for. */
const TONES = { beep: 3000, hum: 300, whistle: 1200 } as const;
type Event = keyof typeof TONES;

const folder = temporaryFolder();
const sounds = join(folder.path, 'sounds');
const recipe = parseRecipe({
  name: 'events',
  dataset: { kind: 'events', root: sounds },
  features: { preset: 'vggish' },
  clip: { seconds: 0.975 },
  model: { preset: 'vggish-aed', options: { width: 2, embeddingSize: 16 } },
  task: { kind: 'aed' },
  optimiser: { kind: 'adam', learningRate: 3e-3 },
  batchSize: 8,
  epochs: 8,
});
const run = join(folder.path, 'run');

/** A second of noise with the tones of `events` in it. */
function sound(events: readonly Event[], seed: number): Float32Array {
  const samples = createRng(seed)
    .fillNormal(new Float32Array(RATE * SECONDS))
    .map((x) => 0.01 * x);
  for (const event of events) {
    for (let n = 0; n < samples.length; n++) {
      samples[n] = (samples[n] ?? 0) + 0.2 * Math.sin((2 * Math.PI * TONES[event] * n) / RATE);
    }
  }
  return samples;
}

beforeAll(async () => {
  mkdirSync(sounds);
  const names = Object.keys(TONES) as Event[];
  const rows = await Promise.all(
    Array.from({ length: 48 }, async (_, i) => {
      const events = names.filter((__, bit) => (i >> bit) & 1);
      const name = `${i}.wav`;
      await writeWav(join(sounds, name), { samples: sound(events, i), sampleRateHz: RATE });
      return `${name},${events.join(';')},${i < 32 ? 'train' : 'test'}`;
    }),
  );
  writeFileSync(join(sounds, 'events.csv'), ['filename,events,split', ...rows, ''].join('\n'));
});
afterAll(() => folder.remove());

describe('sound events by recipe', () => {
  it('learns which events are heard together; run, exported file and command say the same', async () => {
    const { report, history } = await runTraining(recipe, { out: run });
    if (report === undefined || !('meanAveragePrecision' in report)) throw new Error('not a report of events');
    // Chance is about a half.
    expect(report.meanAveragePrecision).toBeGreaterThan(0.8);
    expect(history.at(-1)?.validation?.meanAveragePrecision).toBe(report.meanAveragePrecision);
    const said = JSON.parse(readFileSync(runPaths(run).predictions, 'utf8')) as Predictions;
    expect(said.labels).toEqual(['beep', 'hum', 'whistle']);
    expect(distance(said, await judged(run))).toBeLessThan(1e-5);
    const file = join(folder.path, 'events.onnx');
    await exportFile(run, { out: file, input: 'waveform' });
    // The front end computed in the graph.
    expect(distance(said, await judged(file))).toBeLessThan(1e-3);
    const told = await asc(['evaluate', run], { cwd: folder.path });
    expect([told.code, told.stdout]).toEqual([0, expect.stringContaining('over 3 events')]);
  });

  it('its run gives a cross-task network its VGGish', async () => {
    const { state } = await readCheckpoint(runPaths(run).last);
    const net = createModel('vggish', { width: 2, classes: 16 });
    await loadEmbedder(net, run);
    const named = namedWeights(net.training);
    expect(named).toHaveLength(18);
    for (const { name, variable } of named) expect(variable.dataSync()).toEqual(state[name]?.data);
    const wide = createModel('vggish', { width: 4, classes: 16 });
    await expect(loadEmbedder(wide, run)).rejects.toThrow(/"conv1\/bias"|"conv1\/kernel"/);
  });

  it('scenes and events are not mixed up', async () => {
    const scenes = parseRecipe({ ...recipe, task: { kind: 'classification' } });
    await expect(runTraining(scenes, { out: join(folder.path, 'bad') })).rejects.toThrow(/the task "aed"/);
    expect(() => parseRecipe({ ...recipe, distillation: { kind: 'teachers', teachers: [{ file: 'x' }] } })).toThrow(
      /none with the task "aed"/,
    );
  });
});
