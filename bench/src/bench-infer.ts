import { ndArray, UsageError, type NdArrays } from '@asc/core';
import { encodeOnnx, exportOnnx, OnnxRunner } from '@asc/onnx';
import { quantizeStatic } from '@asc/quantize';
import { namedWeights } from '@asc/train';
import type { Contender } from './contest.js';
import { largestDifference, measure, saveScores } from './measurement.js';
import { fixedBatch, keepSignalAlive, LABELS, mapShape, trainingNetwork, weightsOf } from './network.js';
import type { BenchOptions } from './options.js';
import type { PeerPlan } from './peers.js';
import { TORCH_VARIANTS } from './peers.js';
import { speedOver, type Spread } from './score.js';
import { formatSpread, textTable } from './text-table.js';
import type { Workplace } from './workplace.js';

/** The networks `bench infer` knows: those with a PyTorch twin. */
const NETWORKS = ['amfm-small', 'clova2021-resnetse-mfm', 'xin2022', 'dcase2024'] as const;
/** Batches where none is asked for: a device's, and an evaluation's. */
const BATCHES = [1, 32] as const;
/** Clips of noise that give the 8-bit network its ranges. */
const CALIBRATION_CLIPS = 8;
/** Times as fast as float32 that 8 bits should be. */
const BAR = 1.3;
const FLOAT = 'asc float32';
const INTEGER = 'asc 8 bits';

/** Exported networks on features, in single precision and in 8 bits, beside PyTorch and ONNX Runtime's Python. */
export async function benchInfer(options: BenchOptions, workplace: Workplace): Promise<void> {
  const names = NETWORKS.filter((name) => options.network === 'all' || options.network === name);
  if (names.length === 0) {
    throw new UsageError({
      what: `bench infer does not know the network "${options.network}".`,
      expected: [...NETWORKS, 'all'].join(', '),
      received: options.network,
    });
  }
  const gains: string[][] = [];
  for (const name of names) {
    for (const batch of options.batch === 0 ? BATCHES : [options.batch]) {
      const gain = await benchNetwork(name, { ...options, batch }, workplace);
      if (gain === undefined) continue;
      gains.push([name, String(batch), formatSpread(gain, 2), gain.median >= BAR ? 'reached' : 'not reached']);
    }
  }
  workplace.voice.print(`\n8 bits over float32, of both ours; wanted: ${BAR}.\n`);
  workplace.voice.print(textTable([['', 'batch', 'times as fast', ''], ...gains]));
}

async function benchNetwork(name: string, options: BenchOptions, place: Workplace): Promise<Spread | undefined> {
  const { scratch, machine, voice } = place;
  const { batch, threads, rounds, steps } = options;
  const network = trainingNetwork(name, {
    ...(options.bands > 0 ? { bands: options.bands } : {}),
    ...(options.frames > 0 ? { frames: options.frames } : {}),
  });
  keepSignalAlive(network);
  const [bands, frames] = mapShape(network);
  const { x } = fixedBatch({ batch, bands, frames });
  const arrays: NdArrays = { x: x ?? ndArray('float32', [0], new Float32Array(0)) };
  const model = exportOnnx(network.deployed);
  const input = model.inputs[0]?.name ?? '';
  const clips = fixedBatch({ batch: CALIBRATION_CLIPS, bands, frames })['x'];
  const integers = encodeOnnx(await quantizeStatic(model, clips === undefined ? [] : [{ [input]: clips }]));
  const floats = encodeOnnx(model);
  const files = {
    float32: await scratch.writeBytes(`${name}.onnx`, floats),
    '8 bits': await scratch.writeBytes(`${name}.int8.onnx`, integers),
  };
  const parameters = namedWeights(network.deployed)
    .filter(({ trainable }) => trainable)
    .reduce((sum, { variable }) => sum + variable.size, 0);
  const sharesWeights = name === 'amfm-small';
  const request = {
    network: name,
    parameters,
    batch: await scratch.write(`batch-${batch}`, arrays),
    classes: LABELS.scenes.length,
    abstract_classes: LABELS.abstracts.length,
    ...(sharesWeights ? { weights: await scratch.write('weights', weightsOf(network)) } : {}),
  };
  const peers: PeerPlan[] = [
    ...TORCH_VARIANTS.map((variant) => ({ ...variant, script: 'infer', threads, request })),
    ...Object.entries(files).map(([precision, file]) => ({
      variant: precision,
      name: `ONNX Runtime Python ${precision}`,
      script: 'infer_onnx',
      threads,
      request: { ...request, file },
    })),
  ];
  const ours = [
    await ourClassifier(FLOAT, floats, arrays, threads),
    await ourClassifier(INTEGER, integers, arrays, threads),
  ];
  const result = await measure(ours, peers, options, voice);
  const own = new Map(result.scores.map((score, at) => [score.name, { score, logits: result.values[at] ?? [] }]));
  const float = own.get(FLOAT);
  const integer = own.get(INTEGER);

  const rows = result.scores.map((score, at) => {
    // The same file gives the same numbers, and so do the same weights; other twins have weights of their own.
    const twin = score.name.endsWith('8 bits') ? integer : float;
    const comparable = at > 0 && (sharesWeights || !score.name.startsWith('PyTorch'));
    const difference = comparable ? largestDifference(twin?.logits ?? [], result.values[at] ?? []) : undefined;
    return {
      score,
      speed: twin === undefined || twin.score === score ? undefined : speedOver(twin.score, score),
      difference,
    };
  });
  voice.print(
    `\n${name} as shipped, ${parameters} parameters; batch ${batch} of ${bands} × ${frames} × 1, ${threads} threads`,
  );
  voice.print(`Median (least–largest) of ${rounds} rounds of ${steps} runs, taken in turns.\n`);
  voice.print(
    textTable([
      ['', 'ms a run', 'clips/s', 'asc of that precision is faster by', 'largest difference'],
      ...rows.map(({ score, speed, difference }) => [
        score.name,
        formatSpread(score.ms, 2),
        ((1000 * batch) / score.ms.median).toFixed(1),
        speed === undefined ? '' : formatSpread(speed, 2),
        difference === undefined || score.name === INTEGER ? '' : difference.toExponential(1),
      ]),
    ]),
  );
  const gain = float === undefined || integer === undefined ? undefined : speedOver(integer.score, float.score);
  if (float !== undefined && integer !== undefined && gain !== undefined) {
    voice.print(
      `\n8 bits are ${formatSpread(gain, 2)} times as fast as float32; their logits are within ${largestDifference(float.logits, integer.logits).toPrecision(2)}.`,
    );
  }
  const columns = rows.map(({ speed, difference }) => ({
    network: name,
    threads,
    batch,
    bands,
    frames,
    rounds,
    steps,
    largest_difference: difference ?? '',
    asc_speed_over: speed?.median ?? '',
  }));
  voice.print(`\nAppended to ${await saveScores(options, machine, result, columns)}`);
  return gain;
}

async function ourClassifier(name: string, model: Uint8Array, arrays: NdArrays, threads: number): Promise<Contender> {
  const runner = await OnnxRunner.create(model, { threads });
  const feeds = { [runner.inputs[0]?.name ?? '']: arrays['x'] ?? ndArray('float32', [0], new Float32Array(0)) };
  let logits: readonly number[] = [];
  return {
    name,
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
