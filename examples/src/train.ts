/** Train a network at native speed. Stop it whenever you like: started again, it goes on where it was. */
import { createRng } from '@asc/core';
import { evaluate, formatReport } from '@asc/evaluate';
import { fit, inMemoryBatches, openRun } from '@asc/train';
import '@tensorflow/tfjs-backend-cpu';
import { mapOf, network, recipe, scenes } from './scenes.js';

const dataset = await scenes();
const { labels } = dataset;

// Small enough to hold; `asc train` streams sets that are not, its features computed in worker threads.
const examples = await Promise.all(
  dataset.split(1, 'train').map(async (clip) => ({ map: await mapOf(clip), scene: clip.scene! })),
);
const heldOut = await Promise.all(
  dataset.split(1, 'evaluate').map(async (clip) => ({ ...clip, crops: [await mapOf(clip)] })),
);

const { batchSize, dropLast, seed } = recipe;
const stop = new AbortController();
process.once('SIGINT', () => stop.abort());
const run = await openRun('run', { recipe, resume: true });
try {
  const events = fit({
    recipe,
    model: network(labels).training,
    labels,
    train: inMemoryBatches({ examples, labels, batchSize, dropLast, rng: createRng(seed).split('batches') }),
    validation: () => heldOut,
    run,
    signal: stop.signal,
  });
  for await (const event of events) {
    if (event.kind === 'epoch') {
      const { epoch, loss, validation, clipsPerSecond } = event.report;
      const accuracy = (100 * (validation?.accuracy ?? 0)).toFixed(1);
      console.log(`epoch ${epoch + 1}: loss ${loss.toFixed(3)}, ${accuracy} %, ${clipsPerSecond.toFixed(0)} clips/s`);
    }
    if (event.kind === 'done' && event.predictions) console.log(formatReport(evaluate(event.predictions, labels)));
  }
} finally {
  await run.close();
}
