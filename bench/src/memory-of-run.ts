/**
 * Resident memory of a training run by epoch. By hand, after a build: `node bench/dist/memory-of-run.js [THREADS]`.
 */
import { createRng } from '@asc/core';
import { createModel } from '@asc/models';
import { fit, inMemoryBatches, parseRecipe } from '@asc/train';
import '@tensorflow/tfjs-backend-cpu';
import { LABELS } from './network.js';

const EPOCHS = 40;
const EXAMPLES = 64;
/** Epochs whose memory is printed. */
const TOLD = new Set([1, 2, 5, 10, 20, EPOCHS]);

const threads = Number(process.argv[2] ?? 2);
const network = createModel('zhang2019', { seed: 1, classes: LABELS.scenes.length, abstractClasses: 0, width: 8 });
const [, bands = 0, frames = 0, channels = 0] = network.training.inputs[0]?.shape.map((size) => size ?? 1) ?? [];
const rng = createRng(1);
const examples = Array.from({ length: EXAMPLES }, (_, i) => ({
  map: { bands, frames, channels, data: rng.fillNormal(new Float32Array(bands * frames * channels)) },
  scene: LABELS.scenes[i % LABELS.scenes.length] ?? '',
}));
const recipe = parseRecipe({
  name: 'memory',
  dataset: { kind: 'tau', root: 'none', fold: 1 },
  features: { preset: 'zhang2019' },
  clip: { seconds: 10 },
  model: { preset: 'zhang2019' },
  optimiser: { kind: 'adam', learningRate: 1e-4 },
  batchSize: 16,
  epochs: EPOCHS,
  evaluate: { crops: 1, everyEpochs: EPOCHS },
});
const train = inMemoryBatches({ examples, labels: LABELS, batchSize: 16, dropLast: true, rng: rng.split('batches') });
for await (const event of fit({ recipe, model: network.training, labels: LABELS, train, threads })) {
  if (event.kind !== 'epoch' || !TOLD.has(event.report.epoch + 1)) continue;
  const mebibytes = (process.memoryUsage().rss / 2 ** 20).toFixed(0);
  console.log(`epoch ${String(event.report.epoch + 1).padStart(2)}  ${mebibytes}`);
}
