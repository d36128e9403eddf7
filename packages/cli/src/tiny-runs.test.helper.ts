import type { Predictions } from '@asc/core';
import { generateSyntheticScenes } from '@asc/data';
import { parseRecipe, runPaths, type Recipe } from '@asc/train';
import { evaluateModel } from './line/evaluate-model.js';
import { loadModel, readModelFile } from './line/load-model.js';
import { groundsFor } from './line/trained-on.js';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

/** A folder with a set of ten scenes and a handful of recordings of 1 s in it, and what to ask of runs beside it. */
export interface TinyRuns {
  readonly path: string;
  readonly scenes: string;
  recipe(changes: Readonly<Record<string, unknown>>): Recipe;
  predictionsOf(run: string): Predictions;
  remove(): void;
}

/** Every so many lines of a split are kept. */
const SPARSE = 4;

export async function tinyRuns(): Promise<TinyRuns> {
  const path = mkdtempSync(join(tmpdir(), 'asc-runs-'));
  const scenes = join(path, 'scenes');
  await generateSyntheticScenes({ out: scenes, clipsPerScene: 15, clipSeconds: 1, sampleRateHz: 16_000 });
  for (const side of ['train', 'test', 'evaluate']) {
    const file = join(scenes, 'evaluation_setup', `fold1_${side}.csv`);
    const [header = '', ...rows] = readFileSync(file, 'utf8').trimEnd().split('\n');
    const kept = rows.filter((_, i) => i % SPARSE === 0);
    writeFileSync(file, [header, ...kept, ''].join('\n'));
  }
  return {
    path,
    scenes,
    recipe: (changes) =>
      parseRecipe({
        name: 'tiny',
        dataset: { kind: 'tau', root: scenes },
        features: { preset: 'amfm-small', overrides: { bands: 16, sampleRateHz: 16_000, maxHz: 8000 } },
        clip: { seconds: 1 },
        model: { preset: 'shim2022', options: { width: 4 } },
        batchSize: 7,
        epochs: 1,
        ...changes,
      }),
    predictionsOf: (run) => JSON.parse(readFileSync(runPaths(run).predictions, 'utf8')) as Predictions,
    remove: () => rmSync(path, { recursive: true, force: true }),
  };
}

/** What a run or a file says about the held-out side, judged as `asc evaluate` does. */
export async function judged(path: string): Promise<Predictions> {
  const model = path.endsWith('.onnx') ? await readModelFile(path) : await loadModel(path);
  const { predictions } = await evaluateModel(model, { ...(await groundsFor(model.card, {})), split: 'evaluate' });
  return predictions;
}

/** Largest difference between the posteriors of the same clips. */
export function distance(a: Predictions, b: Predictions): number {
  const others = new Map(b.rows.map((row) => [row.id, row.probabilities]));
  const gaps = a.rows.flatMap(({ id, probabilities }) =>
    probabilities.map((p, i) => Math.abs(p - (others.get(id)?.[i] ?? NaN))),
  );
  return Math.max(...gaps);
}
