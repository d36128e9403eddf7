import { createRng, labelSpace, type ModelCard, type Predictions } from '@asc/core';
import { predictionsToCsv, softmax } from '@asc/evaluate';
import { resolveFrontEndConfig } from '@asc/features';
import { parseRecipe } from '@asc/train';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { asc, temporaryFolder } from './asc.test.helper.js';

const folder = temporaryFolder();
const cwd = folder.path;
const SCENES = ['park', 'tram', 'bus'] as const;

/** What a made-up model of so much skill says of sixty clips. */
function predictions(skill: number, seed: number, ids = 'clip'): Predictions {
  const rng = createRng(seed);
  const rows = Array.from({ length: 60 }, (_, i) => {
    const scores = SCENES.map((_, at) => rng.normal() + (at === i % 3 ? skill : 0));
    return { id: `${ids}-${i}.wav`, scene: SCENES[i % 3], device: i < 30 ? 'a' : 's5', probabilities: softmax(scores) };
  });
  return { labels: SCENES, rows };
}

/** A run as training leaves it, without its weights. */
function writeRun(name: string, skill: number, settings: { seed: number; fold?: number; learningRate?: number }): void {
  const { seed, fold = 1, learningRate = 1e-3 } = settings;
  const recipe = parseRecipe({
    name,
    seed,
    dataset: { kind: 'tau', root: '/somewhere', fold },
    features: { preset: 'amfm-small', overrides: { bands: 16 } },
    clip: { seconds: 1 },
    model: { preset: 'amfm-small' },
    optimiser: { kind: 'adam', learningRate },
  });
  const frontEnd = resolveFrontEndConfig({ preset: 'amfm-small', bands: 16 });
  const { sampleRateHz } = frontEnd;
  const labels = labelSpace(SCENES);
  const card: ModelCard = {
    name,
    labels,
    sampleRateHz,
    clipSamples: sampleRateHz,
    input: 'features',
    frontEnd,
    recipe,
  };
  mkdirSync(join(cwd, name));
  writeFileSync(join(cwd, name, 'recipe.json'), JSON.stringify(recipe));
  writeFileSync(join(cwd, name, 'card.json'), JSON.stringify(card));
  writeFileSync(join(cwd, name, 'predictions.json'), JSON.stringify(predictions(skill, seed, `fold${fold}`)));
}

interface Told {
  readonly runs: readonly { parameters: number | null; report: { accuracy: number } }[];
  readonly settings: readonly { path: string; values: readonly unknown[] }[];
  readonly groups: readonly {
    name: string;
    paths: string[];
    scores: { runs: number; accuracy: { sd: number | null } };
  }[];
  readonly pairs: readonly {
    a: string;
    b: string;
    clips: number;
    accuracy: { a: number; b: number; pValue: number };
  }[];
}

async function tell(...words: string[]): Promise<Told> {
  const { code, stdout, stderr } = await asc(['compare', ...words, '--json'], { cwd });
  expect([code, stderr]).toEqual([0, '']);
  return JSON.parse(stdout) as Told;
}

beforeAll(() => {
  for (const seed of [1, 2, 3]) {
    writeRun(`base-${seed}`, 0.5, { seed });
    writeRun(`fast-${seed}`, 2, { seed, learningRate: 2e-3 });
  }
  writeRun('fold-2', 0.5, { seed: 1, fold: 2 });
  writeFileSync(join(cwd, 'a.csv'), predictionsToCsv(predictions(0.5, 1)));
  writeFileSync(join(cwd, 'b.csv'), predictionsToCsv(predictions(2, 2)));
  writeFileSync(join(cwd, 'other.json'), JSON.stringify(predictions(1, 3, 'other')));
});
afterAll(() => folder.remove());

describe('asc compare', () => {
  it('pairs two prediction files clip by clip', async () => {
    const { pairs, groups, settings } = await tell('a.csv', 'b.csv');
    expect(pairs).toMatchObject([{ a: 'A', b: 'B', clips: 60 }]);
    expect(pairs[0]?.accuracy.b).toBeGreaterThan(pairs[0]?.accuracy.a ?? 1);
    expect(pairs[0]?.accuracy.pValue).toBeLessThan(0.05);
    expect([groups.length, settings]).toEqual([2, []]);
    expect(await tell('a.csv', 'b.csv')).toEqual(await tell('a.csv', 'vs', 'b.csv'));
  });

  it('takes runs that differ in seed alone for one model, and tells how the models differ', async () => {
    const runs = ['base-1', 'base-2', 'base-3', 'fast-1', 'fast-2', 'fast-3'];
    const told = await tell(...runs);
    expect(told.groups.map(({ paths }) => paths)).toEqual([runs.slice(0, 3), runs.slice(3)]);
    expect(told.groups.every(({ scores }) => scores.runs === 3 && (scores.accuracy.sd ?? 0) > 0)).toBe(true);
    expect(told.settings).toEqual([
      { path: 'seed', values: [1, 2, 3, 1, 2, 3] },
      { path: 'optimiser.learningRate', values: [1e-3, 1e-3, 1e-3, 2e-3, 2e-3, 2e-3] },
    ]);
    expect(told.pairs).toHaveLength(1);
    expect(told.runs[0]?.parameters).toBeGreaterThan(1000);
    const { stdout } = await asc(['compare', ...runs], { cwd });
    expect(stdout).toContain('optimiser.learningRate');
    expect(stdout).toMatch(/^A +3 +[\d.]+ ± [\d.]+ % .*1–3$/m);
    expect(stdout).toMatch(/^B − A +accuracy +\+[\d.]+ points /m);
    for (const line of stdout.split('\n')) expect(line.length).toBeLessThanOrEqual(80);
  });

  it('averages over folds, and pairs two seeds of one model', async () => {
    const folds = await tell('base-1', 'fold-2');
    expect([folds.groups.length, folds.pairs]).toEqual([1, []]);
    const seeds = await tell('base-1', 'base-2');
    expect([seeds.groups.length, seeds.pairs.length]).toEqual([1, 1]);
    const { stdout } = await asc(['compare', 'base-1', 'fold-2'], { cwd });
    expect(stdout).toContain('The folds differ');
  });

  it('refuses other clips, exported models, unfinished runs and what holds no predictions', async () => {
    writeFileSync(join(cwd, 'broken.json'), '[1]');
    mkdirSync(join(cwd, 'empty'));
    const refusals = await Promise.all(
      [
        ['a.csv'],
        ['a.csv', 'vs'],
        ['a.csv', 'other.json'],
        ['a.csv', 'gone.csv'],
        ['a.csv', 'broken.json'],
        ['a.csv', 'empty'],
      ].map((words) => asc(['compare', ...words], { cwd })),
    );
    expect(refusals.map(({ code, stdout }) => [code, stdout])).toEqual([2, 2, 2, 1, 1, 1].map((code) => [code, '']));
    expect(refusals.map(({ stderr }) => stderr.split('\n')[0])).toEqual([
      'error: There is nothing to compare with.',
      'error: There is nothing to compare with.',
      'error: Clip "clip-0.wav" is not the same in both sets of predictions.',
      'error: gone.csv does not exist.',
      'error: broken.json: These are not predictions.',
      'error: empty is not a run folder.',
    ]);
  });
});
