import { createRng, type ModelCard, sizeOf, UsageError, writeFileAtomic } from '@asc/core';
import { diskCache, memoryCache, type ArrayCache, type ClipList, type SceneDataset } from '@asc/data';
import { evaluate, evaluateEvents, type EventReport, type Report } from '@asc/evaluate';
import {
  fit,
  initWeights,
  openRun,
  sceneSegments,
  runPaths,
  type AugmentConfig,
  type EpochReport,
  type FitEvent,
  type Recipe,
  type RunFolder,
  type RunStatus,
  type SegmentDraw,
} from '@asc/train';
import { existsSync } from 'node:fs';
import { totalmem } from 'node:os';
import { join, resolve } from 'node:path';
import { cardPath } from './card-path.js';
import { evaluationClips } from './evaluation-clips.js';
import { keepEmbedder, loadEmbedder, restoreEmbedder, UNTRAINED, type Embedder } from './embedder.js';
import { closeSources, createMapSources } from './map-sources.js';
import { datasetFor } from './dataset-for.js';
import { findWeights, readWeights } from './initial-weights.js';
import { findFolder, openRecipeDataset, type DataPlaces } from './open-dataset.js';
import { packageVersions } from './package-versions.js';
import { recipeCard, recipeModel, type RecipeModel } from './prepare-model.js';
import { findLongClips } from './probe-clips.js';
import { refuseHeardAside } from './keep-aside.js';
import { hasPrepared, keepQuantized, restoreQuantized } from './quantized-model.js';
import { quantizeRun } from './quantize-run.js';
import { recipeTeachers } from './recipe-teachers.js';
import { trainingBatches } from './training-batches.js';
import { trainingClips } from './training-clips.js';
import { windowAugmentation } from './window-augmentation.js';

/** Feature maps are held in memory up to this share of it; a set that needs more keeps them on disk beside the run. */
const MEMORY_SHARE = 0.25;

export interface TrainingOptions {
  /** Folder of the run. */
  readonly out: string;
  /** Go on with the run in `out`. */
  readonly resume?: boolean | undefined;
  /** Where the recipe's dataset may lie. */
  readonly places?: DataPlaces | undefined;
  /** Folder that keeps feature maps for later runs. */
  readonly cache?: string | undefined;
  /** Most bytes that folder may take; those unused for longest are removed. Default: no limit. */
  readonly cacheBytes?: number | undefined;
  /** Threads of a training step; default: one per core. */
  readonly threads?: number | undefined;
  /** Told of the dataset once it is open. */
  readonly onDataset?: ((dataset: SceneDataset) => void) | undefined;
  readonly signal?: AbortSignal | undefined;
  /** Told, before anything else, how the earlier part of a resumed run ended. */
  readonly onResume?: ((before: RunStatus) => void) | undefined;
  /** Told what happens as it happens. */
  readonly onEvent?: ((event: FitEvent) => void) | undefined;
}

/** How a run ended. */
export interface TrainingResult {
  readonly folder: string;
  readonly card: ModelCard;
  /** Every epoch done so far, earlier parts of a resumed run included. */
  readonly history: readonly EpochReport[];
  /** The final weights on the held-out clips; `undefined` where the run was interrupted. */
  readonly report: Report | EventReport | undefined;
  readonly interrupted: boolean;
}

/**
 * The whole line from a recipe to a trained run: dataset, features in worker threads, batches, training, validation on the
 * held-out side of the fold.
 *
 * @throws UsageError, DataError or AscError as the parts say; what was written before is whole and can be resumed.
 */
export async function runTraining(given: Recipe, options: TrainingOptions): Promise<TrainingResult> {
  const { out, signal } = options;
  const opened = await openRecipeDataset(given.dataset, options.places);
  options.onDataset?.(opened);
  const dataset = datasetFor(given, opened);
  const resumed = options.resume === true && existsSync(runPaths(out).last);
  // The run knows where its dataset was found; the card, which travels with the model, keeps what was given.
  const augment = await withPlacedResponses(given.augment, options.places);
  const init = given.init && { from: await findWeights(given.init.from, options.places, { optional: resumed }) };
  const embeddings = await placeEmbeddings(given, options.places, resumed);
  const located = { ...given.dataset, root: dataset.root };
  const placed: Recipe = { ...given, dataset: located, augment, init, embeddings };
  const card = recipeCard(given, dataset.labels);
  const { fold } = placed.dataset;
  const { split, train, aside } = trainingClips(dataset, placed);
  if (init !== undefined && !resumed) await refuseHeardAside(placed, init.from);
  const quantized =
    placed.quantization &&
    (await (resumed && hasPrepared(out) ? restoreQuantized(out, placed) : quantizeRun(placed, card, train, options)));
  const built = quantized ?? recipeModel(placed, card);
  const { training: model, judged: deployed, embedder } = built;
  if (embedder !== undefined) await fillEmbedder(embedder, embeddings?.weights, resumed ? out : undefined);
  if (init !== undefined && quantized === undefined && !resumed) initWeights(model, await readWeights(init.from));
  const heldOut = dataset.split(fold, 'evaluate');
  if (heldOut.length === 0) {
    throw new UsageError({
      what: `Nothing is held out in fold ${fold} of ${dataset.name}: the run could not be validated.`,
      expected: 'at least one clip in the split "evaluate"',
      received: 'none',
    });
  }
  const teachers = await recipeTeachers(placed, {
    recipeFolder: options.places?.recipeFolder,
    labels: dataset.labels,
    clips: train,
  });
  const recipe: Recipe = teachers === undefined ? placed : { ...placed, distillation: teachers.distillation };
  const clipAugmentation = await windowAugmentation(augment, { codecs: codecFolder(options.cache ?? out) });
  const longClips = new Set<string>();
  for (const side of [split, heldOut])
    for (const id of await findLongClips(side, recipe.clip.seconds)) longClips.add(id);

  const features = await createMapSources(built, card, cacheFor(built, split.length + heldOut.length, recipe, options));
  let run: RunFolder | undefined;
  try {
    const batches = trainingBatches({
      clips: train,
      labels: dataset.labels,
      features,
      longClips,
      batchSize: recipe.batchSize,
      dropLast: recipe.dropLast,
      rng: createRng(recipe.seed).split('batches'),
      targets: teachers?.targets,
      segments: segmentsFor(recipe, train),
      augment: clipAugmentation && { config: clipAugmentation, seed: recipe.seed },
    });
    // Last of all preparations: what cannot be trained leaves no folder behind.
    run = await openRun(out, { recipe, resume: options.resume === true, versions: packageVersions() });
    if (embedder?.frozen === true && !resumed) await keepEmbedder(out, embedder);
    if (quantized !== undefined && !resumed) await keepQuantized(out, quantized);
    if (run.before !== undefined) options.onResume?.(run.before);
    await writeFileAtomic(cardPath(out), `${JSON.stringify(card, null, 2)}\n`);
    const judging = { crops: recipe.evaluate.crops, signal };
    const events = fit({
      recipe,
      model,
      deployed,
      labels: dataset.labels,
      train: batches,
      validation: evaluationClips(heldOut, features, judging),
      selection: aside.length === 0 ? undefined : evaluationClips(aside, features, judging),
      run,
      signal,
      threads: options.threads,
    });
    const history = [...run.history];
    let report: TrainingResult['report'];
    for await (const event of events) {
      options.onEvent?.(event);
      if (event.kind === 'epoch') history.push(event.report);
      if (event.kind === 'done' && event.predictions !== undefined)
        report = (card.events === true ? evaluateEvents : evaluate)(event.predictions, dataset.labels);
    }
    return { folder: out, card, history, report, interrupted: report === undefined };
  } finally {
    await closeSources(features);
    await run?.close();
  }
}

/** What an online teacher hears beside the clip of its student, where the recipe has one. */
function segmentsFor({ distillation, seed }: Recipe, clips: ClipList): SegmentDraw | undefined {
  if (distillation?.kind !== 'segments') return undefined;
  return sceneSegments(clips, distillation.segments - 1, createRng(seed).split('segments'));
}

/** Where recordings coded by ffmpeg are kept: beside the feature maps. */
export function codecFolder(cache: string): string {
  return resolve(cache, 'codecs');
}

/** The recipe's augmentation with its folder of impulse responses where it was found. */
async function withPlacedResponses(augment: AugmentConfig, places: DataPlaces | undefined): Promise<AugmentConfig> {
  const { root, probability } = augment.impulseResponse;
  if (root === undefined || probability === 0) return augment;
  const found = await findFolder(root, places ?? {}, {
    what: `The folder of impulse responses "${root}" is not there.`,
    hint: 'Give its path: --set augment.impulseResponse.root=DIR.',
  });
  return { ...augment, impulseResponse: { ...augment.impulseResponse, root: found } };
}

/** The recipe's embeddings with the place of their weights on this machine. */
async function placeEmbeddings({ embeddings }: Recipe, places: DataPlaces | undefined, resumed: boolean) {
  if (embeddings?.weights === undefined || embeddings.weights === UNTRAINED) return embeddings;
  return { ...embeddings, weights: await findWeights(embeddings.weights, places, { optional: resumed }) };
}

/** Gives an embedder its weights: those the resumed run kept, or those the recipe names. */
async function fillEmbedder(embedder: Embedder, weights: string | undefined, resumed: string | undefined) {
  if (resumed !== undefined) return embedder.frozen ? restoreEmbedder(resumed, embedder) : undefined;
  if (weights !== undefined && weights !== UNTRAINED) await loadEmbedder(embedder.net, weights);
}

function cacheFor(
  { training }: RecipeModel,
  clips: number,
  recipe: Recipe,
  { cache, cacheBytes, out }: TrainingOptions,
): ArrayCache {
  const { dtype } = recipe.cache;
  if (cache !== undefined)
    return diskCache(cache, { dtype, ...(cacheBytes !== undefined && { maxBytes: cacheBytes }) });
  const numbers = training.inputs.reduce((sum, { shape }) => sum + sizeOf(shape.slice(1) as number[]), 0);
  const bytes = (dtype === 'float32' ? 4 : 2) * numbers * clips * recipe.evaluate.crops;
  const maxBytes = Math.floor(totalmem() * MEMORY_SHARE);
  return bytes <= maxBytes ? memoryCache({ maxBytes, dtype }) : diskCache(join(out, 'features'), { dtype });
}
