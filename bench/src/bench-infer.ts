import { ndArray, type NdArrays } from '@asc/core';
import { exportOnnx, OnnxRunner } from '@asc/onnx';
import type { LayersModel } from '@tensorflow/tfjs-layers';
import type { Contender } from './contest.js';
import { largestDifference, measure, saveScores } from './measurement.js';
import { amfmSmallNetwork, fixedBatch, keepSignalAlive, LABELS, weightsOf } from './network.js';
import type { BenchOptions } from './options.js';
import { TORCH_VARIANTS } from './peers.js';
import type { Workplace } from './workplace.js';
import { scoreTable } from './text-table.js';

/** The exported amfm-small in single precision, without its abstract branch, on features. */
export async function benchInfer(options: BenchOptions, { scratch, machine, voice }: Workplace): Promise<void> {
  const { batch, bands, frames, threads, rounds, steps } = options;
  const network = amfmSmallNetwork(options);
  keepSignalAlive(network);
  const arrays = fixedBatch(options);
  const request = {
    weights: await scratch.write('weights', weightsOf(network)),
    batch: await scratch.write('batch', arrays),
    classes: LABELS.scenes.length,
    abstract_classes: LABELS.abstracts.length,
  };
  const peers = TORCH_VARIANTS.map((variant) => ({ ...variant, script: 'infer', threads, request }));
  const result = await measure(await ourClassifier(network.deployed, arrays, threads), peers, options, voice);

  voice.print(`amfm-small as shipped, float32; batch ${batch} of ${bands} × ${frames} × 1, ${threads} threads`);
  voice.print(`Median (least–largest) of ${rounds} rounds of ${steps} runs, taken in turns.\n`);
  voice.print(scoreTable(result.scores, 'a run', batch));
  const [ours = [], ...others] = result.values;
  const differences = others.map((logits) => largestDifference(ours, logits));
  voice.print(`\nlogits from ${Math.min(...ours).toFixed(2)} to ${Math.max(...ours).toFixed(2)}`);
  differences.forEach((difference, at) => {
    const name = result.scores[at + 1]?.name;
    voice.print(`${name}: within ${difference.toExponential(1)} of ours`);
  });
  const columns = result.scores.map((_, at) => ({
    threads,
    batch,
    bands,
    frames,
    rounds,
    steps,
    largest_difference: differences[at - 1] ?? '',
  }));
  voice.print(`\nAppended to ${await saveScores(options, machine, result, columns)}`);
}

async function ourClassifier(model: LayersModel, arrays: NdArrays, threads: number): Promise<Contender> {
  const runner = await OnnxRunner.create(exportOnnx(model), { threads });
  const input = runner.inputs[0]?.name ?? '';
  const feeds = { [input]: arrays['x'] ?? ndArray('float32', [0], new Float32Array(0)) };
  let logits: readonly number[] = [];
  return {
    name: 'asc (onnxruntime-node)',
    side: 'ours',
    async run(count) {
      const ms: number[] = [];
      for (let i = 0; i < count; i++) {
        const started = performance.now();
        const outputs = await runner.run(feeds);
        ms.push(performance.now() - started);
        logits = Array.from(Object.values(outputs)[0]?.data ?? []);
      }
      return ms;
    },
    values: async () => [...logits],
    close: () => runner.release(),
  };
}
