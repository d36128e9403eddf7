import { createRng, labelSpace } from '@asc/core';
import { BatchNorm, Conv2D, Dense } from '@asc/layers';
import '@tensorflow/tfjs-backend-cpu';
import { layers, sequential } from '@tensorflow/tfjs-layers';
import { describe, expect, test } from '@jest/globals';
import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fit, inMemoryBatches, openRun, parseRecipe, readRun } from './index.js';

describe('the example of the README', () => {
  test('trains, reports and leaves a run folder', async () => {
    const folder = join(await mkdtemp(join(tmpdir(), 'asc-train-')), 'run');
    const said: string[] = [];

    const labels = labelSpace(['bus', 'park']);
    const rng = createRng(1);
    const examples = Array.from({ length: 32 }, (_, i) => ({
      scene: labels.scenes[i % 2]!,
      map: { bands: 4, frames: 5, channels: 1, data: rng.fillNormal(new Float32Array(20)).map((v) => v + (i % 2)) },
    }));
    const recipe = parseRecipe({
      name: 'first',
      dataset: { kind: 'synthetic' },
      features: { preset: 'none' },
      clip: { seconds: 1 },
      model: { preset: 'mine' },
      optimiser: { kind: 'adam', learningRate: 0.01 },
      batchSize: 8,
      epochs: 5,
    });
    const { batchSize, dropLast } = recipe;
    const model = sequential({
      layers: [
        new Conv2D({ inputShape: [4, 5, 1], filters: 4, kernelSize: [3, 3], padding: 'valid' }),
        new BatchNorm(),
        layers.flatten(),
        new Dense({ units: 2 }),
      ],
    });
    const run = await openRun(folder, { recipe });
    for await (const event of fit({
      recipe,
      model,
      labels,
      run,
      train: inMemoryBatches({ examples, labels, batchSize, dropLast, rng: createRng(recipe.seed) }),
      validation: () => examples.map(({ map, scene }, i) => ({ id: `${i}`, scene, device: 'a', crops: [map] })),
    })) {
      if (event.kind === 'epoch') said.push(`${event.report.epoch}: ${event.report.validation?.accuracy}`);
    }
    await run.close();

    expect(said).toHaveLength(5);
    const { history } = await readRun(folder);
    expect(history.at(-1)?.validation?.accuracy).toBeGreaterThan(0.8);
    await rm(folder, { recursive: true });
  });
});

describe('the recipes of the README', () => {
  test('are recipes, and show only what they hold', async () => {
    const text = await readFile(new URL('../README.md', import.meta.url), 'utf8');
    const blocks = [...text.matchAll(/```json\n(.*?)```/gs)].map(([, block = '']) => {
      // A block shows a whole object, or some of its members.
      return JSON.parse(block.startsWith('{') ? block : `{${block}}`) as object;
    });
    expect(blocks.length).toBeGreaterThan(3);
    const rest = {
      name: 'shown',
      dataset: { kind: 'tau' },
      features: { preset: 'none' },
      clip: { seconds: 1 },
      model: { preset: 'mine' },
    };
    for (const block of blocks) expect(parseRecipe({ ...rest, ...block })).toMatchObject(block);
  });
});
