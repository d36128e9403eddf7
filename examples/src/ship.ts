/** Export what `train.ts` trained, front end inside; shrink it; predict from raw samples. Run `train.ts` first. */
import { ndArray } from '@asc/core';
import { readAudio } from '@asc/data';
import { encodeOnnx, exportOnnx, getModelCard, OnnxRunner, readOnnxFile, writeOnnxFile } from '@asc/onnx';
import { quantizeStatic, toFloat16 } from '@asc/quantize';
import { loadWeights, readCheckpoint, runPaths } from '@asc/train';
import '@tensorflow/tfjs-backend-cpu';
import { card, frontEndPlan, network, scenes } from './scenes.js';

const dataset = await scenes();
const { training, deployed } = network(dataset.labels);
loadWeights(training, (await readCheckpoint(runPaths('run').last)).state);

// One graph from raw samples (B, S) to posteriors (B, Y): framing, Fourier transform, mel, logarithm, network.
const float = exportOnnx(deployed, { card: card(dataset.labels, 'waveform'), frontEnd: frontEndPlan });
const { clipSamples, sampleRateHz } = getModelCard(float);

/** The model's input for a recording. */
async function feed(path: string) {
  const { samples } = await readAudio(path, { sampleRateHz });
  return { waveform: ndArray('float32', [1, clipSamples], samples.slice(0, clipSamples)) };
}
const calibration = await Promise.all(dataset.split(1, 'train').map(({ path }) => feed(path)));
const models = { float, half: toFloat16(float), int8: await quantizeStatic(float, calibration) };

for (const [name, model] of Object.entries(models)) {
  await writeOnnxFile(`${name}.onnx`, model);
  console.log(`${name}.onnx: ${encodeOnnx(model).length} bytes`);
}

// A file needs nothing else: it knows its labels, its rate and how long a window is.
const shipped = await readOnnxFile('int8.onnx');
const { labels } = getModelCard(shipped);
const runner = await OnnxRunner.create(shipped);
const clips = dataset.split(1, 'evaluate');
let right = 0;
for (const { path, scene } of clips) {
  const { probabilities } = await runner.run(await feed(path));
  const posterior = Array.from(probabilities!.data);
  if (labels.scenes[posterior.indexOf(Math.max(...posterior))] === scene) right++;
}
await runner.release();
console.log(`int8 from raw samples: ${right} of ${clips.length} right`);
