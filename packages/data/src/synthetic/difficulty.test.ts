import { expect, it } from '@jest/globals';
import { pipeline } from '../pipeline/pipeline.js';
import { workerPool } from '../pipeline/worker-pool.js';
import type { MeasuredClip } from './render-worker.test.helper.js';
import { planClips } from './plan-clips.js';

const CONFIG = { seed: 1, clipSeconds: 1.2, sampleRateHz: 16_000 };
const CLIPS_PER_SCENE = 60;

it('is told by its course in time, not by its mean spectrum', async () => {
  const pool = workerPool(new URL('./render-worker.test.helper.js', import.meta.url), { workers: 2 });
  const jobs = planClips(CLIPS_PER_SCENE, CONFIG.seed).map((clip) => ({ config: CONFIG, clip }));
  const clips: MeasuredClip[] = [];
  for await (const clip of pipeline(jobs).parallelMap<MeasuredClip>(pool, 'measureClip')) clips.push(clip);
  const [means, structure] = await Promise.all(
    ['means', 'structure'].map((view) => pool.run<{ all: number; unseen: number }>('accuracies', { clips, view })),
  );
  await pool.close();
  process.stderr.write(
    `linear on mean log energies: ${JSON.stringify(means)}; on structure: ${JSON.stringify(structure)}\n`,
  );
  // Chance is 0.1. Seen, by size of the set: 0.12 to 0.31, and 0.96 to 0.98; the limits leave room for other seeds and sizes.
  expect(means?.all).toBeLessThan(0.4);
  expect(means?.unseen).toBeLessThan(0.4);
  expect(structure?.all).toBeGreaterThan(0.75);
  expect(structure?.unseen).toBeGreaterThan(0.75);
});
