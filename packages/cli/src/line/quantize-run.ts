import { UsageError, type ModelCard, type NdArrays } from '@asc/core';
import type { ClipList } from '@asc/data';
import { findPreset } from '@asc/models';
import { prepareStatic } from '@asc/quantize';
import type { Recipe } from '@asc/train';
import { stat } from 'node:fs/promises';
import { exportRun, loadRun, type LoadedRun } from './load-run.js';
import { evenly } from './quantize-model.js';
import { isQuantized, quantizedModel, type QuantizedModel } from './quantized-model.js';
import { createSceneJudge } from './scene-judge.js';

/**
 * The network of a recipe with a section `quantization`: what the run it starts from exports, rewritten for 8 bits, with ranges
 * calibrated on its training clips.
 *
 * @throws UsageError where that run is of another network, front end or label space, reads embeddings, was pruned, or is on 8
 * bits already.
 */
export async function quantizeRun(
  recipe: Recipe,
  card: ModelCard,
  clips: ClipList,
  { signal, threads }: { readonly signal?: AbortSignal | undefined; readonly threads?: number | undefined },
): Promise<QuantizedModel> {
  const { init, quantization } = recipe;
  const float = await loadFloat(init?.from ?? '');
  refuseOther(recipe, card, float);
  const model = exportRun(float, 'features');
  const judge = await createSceneJudge(model, float.card);
  try {
    async function* feeds(): AsyncGenerator<NdArrays> {
      for (const { path } of evenly(clips, quantization?.calibrationClips ?? 0)) {
        signal?.throwIfAborted();
        yield* await judge.feeds(path, { kind: 'spread', crops: 1 });
      }
    }
    const prepared = await prepareStatic(model, feeds(), {
      calibration: { method: quantization?.calibration ?? 'minmax', ...(threads === undefined ? {} : { threads }) },
      scheme: quantization?.scheme ?? 'u8s8',
      keepFloat: new Set(),
      equalise: false,
    });
    return quantizedModel(recipe, prepared);
  } finally {
    await judge.close();
  }
}

async function loadFloat(folder: string): Promise<LoadedRun> {
  if (!(await stat(folder)).isDirectory()) {
    throw new UsageError({
      what: 'Quantization-aware training goes on from a run, whose recipe says what the weights are.',
      expected: 'the folder of a run as init.from',
      received: folder,
    });
  }
  const run = await loadRun(folder);
  if (run.recipe.pruning !== undefined) {
    throw new UsageError({
      what: `The run to start from, ${folder}, was pruned, and training on 8 bits would bring its weights back.`,
      expected: 'a run without a section "pruning"',
      hint: `Quantize it as it is: asc export ${folder} -o float.onnx, asc quantize float.onnx --calibrate ${folder} -o int8.onnx`,
    });
  }
  if (findPreset(run.recipe.model.preset).embeddings !== undefined) {
    throw new UsageError({
      what: `The run to start from, ${folder}, reads embeddings, which cannot be trained on 8 bits.`,
      expected: 'a network of feature maps alone',
      received: run.recipe.model.preset,
    });
  }
  if (!isQuantized(run.model)) return run;
  throw new UsageError({
    what: `The run to start from, ${folder}, is on 8 bits already.`,
    expected: 'a float32 run',
    hint: 'Start from the run that one started from.',
  });
}

/** What both runs must have alike for the weights to mean the same. */
function refuseOther(recipe: Recipe, card: ModelCard, float: LoadedRun): void {
  const alike = ({ model, clip, evaluate }: Recipe, { frontEnd, labels, events }: ModelCard) => ({
    model,
    clip,
    'evaluate.jointPrediction': evaluate.jointPrediction,
    features: frontEnd,
    labels: labels.scenes,
    events: events === true,
  });
  const [own, other] = [alike(recipe, card), alike(float.recipe, float.card)];
  for (const [part, value] of Object.entries(own)) {
    const [expected, received] = [JSON.stringify(other[part as keyof typeof other]), JSON.stringify(value)];
    if (expected === received) continue;
    throw new UsageError({
      what: `The recipe and the run it starts from have different ${part}.`,
      expected,
      received,
      hint: `Copy "${part}" from ${recipe.init?.from ?? ''}/recipe.json.`,
    });
  }
}
