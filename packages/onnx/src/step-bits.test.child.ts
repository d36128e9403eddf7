import { createHash } from 'node:crypto';
import { mul } from '@tensorflow/tfjs-core';
import { layers, sequential } from '@tensorflow/tfjs-layers';
import { compileStep } from './compile-step.js';
import { adamStep, runSteps, setWeights } from './networks.test.helper.js';
import { useCpuBackend } from './trace/traced.test.helper.js';

/** A hash of everything that five steps of a small network leave. */
export async function stepBits(): Promise<string> {
  await useCpuBackend();
  const net = sequential({
    layers: [
      layers.conv2d({ inputShape: [8, 9, 2], filters: 4, kernelSize: 3, padding: 'same' }),
      layers.batchNormalization(),
      layers.maxPooling2d({ poolSize: 3, strides: 2 }),
      layers.flatten(),
      layers.dense({ units: 3 }),
    ],
  });
  setWeights(net);
  const made = adamStep(net, 4, (x, random) => {
    const scale = random.normal([4, 1, 1, 1], 'gain');
    return net.apply(mul(x, scale), { training: true }) as never;
  });
  const step = await compileStep(made.fn, made.options);
  const { losses, state } = await runSteps(step, made, 5);
  await step.release();
  const hash = createHash('sha256').update(losses.join());
  for (const [name, { data }] of Object.entries(state)) {
    hash.update(name).update(new Uint8Array(data.buffer, data.byteOffset, data.byteLength));
  }
  return hash.digest('hex');
}

if (process.argv[2] === 'print') process.stdout.write(`${await stepBits()}\n`);
