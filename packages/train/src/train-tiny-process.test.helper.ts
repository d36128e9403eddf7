/**
 * A training run in a process of its own, for tests that kill it: argv = run folder. Tells where it starts and each epoch on
 * stdout, and exits 0 when the run is done.
 */
import { createRng } from '@asc/core';
import '@tensorflow/tfjs-backend-cpu';
import { inMemoryBatches } from './batch-source.js';
import { fit } from './fit.js';
import { openRun } from './run-folder.js';
import { TINY_LABELS, tinyClips, tinyExamples, tinyModel, tinyRecipe } from './tiny-scenes.test.helper.js';

const folder = process.argv[2] ?? '';
const recipe = tinyRecipe({ epochs: 40, augment: { mixup: { alpha: 0.4 } } });
const run = await openRun(folder, { recipe, resume: true });
process.stdout.write(`at ${run.checkpoint?.epoch ?? 0}\n`);
const { batchSize, dropLast, seed } = recipe;
for await (const event of fit({
  recipe,
  run,
  model: tinyModel({ dropout: 0.3 }),
  labels: TINY_LABELS,
  train: inMemoryBatches({
    examples: tinyExamples(16, 'train'),
    labels: TINY_LABELS,
    batchSize,
    dropLast,
    rng: createRng(seed),
  }),
  validation: () => tinyClips(4, 'test'),
  threads: 1,
})) {
  if (event.kind === 'epoch') process.stdout.write('epoch\n');
}
await run.close();
