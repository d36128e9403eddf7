import { UsageError, type FrontEndConfig, type LabelSpace, type ModelCard } from '@asc/core';
import { frontEnd, resolveFrontEndConfig, type FrontEndInput } from '@asc/features';
import {
  createModel,
  findPreset,
  hearThrough,
  predictJointly,
  type SceneModel,
  type SceneModelConfig,
} from '@asc/models';
import type { Recipe } from '@asc/train';
import type { LayersModel } from '@tensorflow/tfjs-layers';
import { createEmbedder, hearing, type Embedder } from './embedder.js';
import './tensorflow.js';

/** The front end a recipe names, with its overrides. @throws UsageError for an unknown preset or key. */
export function recipeFrontEnd({ features }: Recipe): FrontEndConfig {
  return resolveFrontEndConfig({ ...features.overrides, preset: features.preset } as FrontEndInput);
}

/** What the trained model will know about itself, the features being its input. */
export function recipeCard(recipe: Recipe, labels: LabelSpace): ModelCard {
  const config = recipeFrontEnd(recipe);
  const clipSamples = Math.round(recipe.clip.seconds * config.sampleRateHz);
  return {
    name: recipe.name,
    labels,
    sampleRateHz: config.sampleRateHz,
    clipSamples,
    ...(recipe.clip.stereo !== 'mean' && { stereo: recipe.clip.stereo }),
    ...(recipe.task.kind === 'aed' && { events: true as const }),
    input: 'features',
    frontEnd: config,
    ...(findPreset(recipe.model.preset).embeddings === 'beside' && { patches: patchesCard(recipe.clip.seconds) }),
    recipe,
  };
}

function patchesCard(seconds: number): NonNullable<ModelCard['patches']> {
  const { frontEnd: patchFrontEnd, clipSamples } = hearing(seconds);
  return { frontEnd: patchFrontEnd, clipSamples };
}

/** What an input of a network takes. */
export type MapKind = 'features' | 'patches' | 'embeddings';

/** The network of a recipe. */
export interface RecipeModel extends SceneModel {
  /** What each input of `training` takes. */
  readonly reads: readonly MapKind[];
  /** `deployed` for whoever has what `training` reads: where embeddings are computed once, it takes those. */
  readonly judged: LayersModel;
  /** What gives the embeddings, of a network that reads them; its weights are part of `training` unless it is frozen. */
  readonly embedder?: Embedder;
}

/** What a recipe's dataset, task and features say of its network; another value could not be trained. */
const DERIVED: readonly string[] = ['classes', 'abstractClasses', 'abstractOf', 'bands', 'frames', 'channels'];
/** The same, of networks that read embeddings. */
const DERIVED_OF_EMBEDDINGS: readonly string[] = ['embeddings', 'embeddingSize'];

function refuseDerived({ preset, options }: Recipe['model']): void {
  const reads = findPreset(preset).embeddings !== undefined;
  const derived = reads ? [...DERIVED, ...DERIVED_OF_EMBEDDINGS] : DERIVED;
  const key = Object.keys(options).find((each) => derived.includes(each));
  if (key === undefined) return;
  throw new UsageError({
    what: `"model.options.${key}" in the recipe is not free to choose.`,
    expected: 'no such option: dataset, task, features and clip decide it',
    hint: `Leave it out, or change what decides it, e.g. features.overrides.bands or task.kind.`,
  });
}

/**
 * The network of a recipe with fresh weights, sized for its card.
 *
 * @throws UsageError where the task wants abstract classes that the labels do not have, or the network refuses its size.
 */
export function recipeModel(recipe: Recipe, card: ModelCard): RecipeModel {
  const { labels } = card;
  const { preset, options } = recipe.model;
  refuseDerived(recipe.model);
  const embedder = recipeEmbedder(recipe, card);
  const net = createModel(preset, {
    seed: recipe.seed,
    classes: labels.scenes.length,
    abstractClasses: isJoint(recipe, labels) ? labels.abstracts.length : 0,
    ...(findPreset(preset).config.abstractOf !== undefined && { abstractOf: labels.abstractOf }),
    ...inputSize(recipe, card),
    ...(options as Partial<SceneModelConfig>),
  });
  if (embedder !== undefined) return withEmbedder(net, embedder);
  const deployed = recipe.evaluate.jointPrediction ? predictJointly(net, labels.abstractOf) : net.deployed;
  return { ...net, deployed, judged: deployed, reads: ['features'] };
}

function withEmbedder(net: SceneModel, embedder: Embedder): RecipeModel {
  const joined = hearThrough(net, embedder.net, embedder.frames);
  const two = net.inputs !== undefined;
  const beside = (kind: MapKind, alone: MapKind): MapKind[] => (two ? ['features', kind] : [alone]);
  return embedder.frozen
    ? { ...net, deployed: joined.deployed, judged: net.deployed, reads: beside('embeddings', 'embeddings'), embedder }
    : { ...joined, judged: joined.deployed, reads: beside('patches', 'features'), embedder };
}

/** What gives a recipe's network its embeddings, where it reads such. @throws UsageError where recipe and network disagree. */
function recipeEmbedder(recipe: Recipe, card: ModelCard): Embedder | undefined {
  const { embeddings, model, clip, seed, evaluate } = recipe;
  const reads = findPreset(model.preset).embeddings;
  if (reads === undefined && embeddings === undefined) return undefined;
  if (reads === undefined || embeddings === undefined) {
    throw new UsageError({
      what: `The network "${model.preset}" ${reads === undefined ? 'reads no embeddings, and the recipe gives them' : 'reads embeddings, and the recipe gives none'}.`,
      expected: reads === undefined ? 'no section "embeddings"' : 'a section "embeddings"',
      hint: 'For a VGGish trained along: "embeddings": { "mode": "scratch" }.',
    });
  }
  const { frontEnd: patchFrontEnd, frames } = hearing(clip.seconds);
  if (reads === 'only' && JSON.stringify(card.frontEnd) !== JSON.stringify(patchFrontEnd)) {
    throw new UsageError({
      what: `The network "${model.preset}" hears through VGGish alone.`,
      expected: 'features { "preset": "vggish" }, as they are',
      received: JSON.stringify(recipe.features),
    });
  }
  if (evaluate.jointPrediction) {
    throw new UsageError({ what: `The network "${model.preset}" has no abstract branch to predict jointly with.` });
  }
  return createEmbedder(embeddings, seed, frames);
}

/** Size of the maps a network reads. @throws UsageError where a window is shorter than a frame. */
function inputSize({ clip, model, embeddings }: Recipe, card: ModelCard): Partial<SceneModelConfig> {
  const reads = findPreset(model.preset).embeddings;
  const given = embeddings && { size: embeddings.size, patches: hearing(clip.seconds).patches };
  if (reads === 'only' && given !== undefined) return { bands: given.size, frames: given.patches, channels: 1 };
  const ends = frontEnd(card.frontEnd);
  const frames = ends.frames(card.clipSamples);
  if (frames === 0) {
    throw new UsageError({
      what: 'A window of the recipe is too short for one frame of its front end.',
      expected: `more than ${card.frontEnd.windowSamples} samples`,
      received: `clip.seconds ${clip.seconds}, which is ${card.clipSamples}`,
      hint: 'Raise clip.seconds.',
    });
  }
  return {
    bands: ends.bands,
    frames,
    channels: ends.channels,
    ...(given !== undefined && { embeddingSize: given.size, embeddings: given.patches }),
  };
}

/** Whether scenes and abstract classes are trained at once. @throws UsageError where network or labels cannot. */
function isJoint({ task, model }: Recipe, labels: LabelSpace): boolean {
  const { jointTraining, config } = findPreset(model.preset);
  const joint = 'abstractWeight' in task;
  if (joint ? task.kind !== jointTraining : config.abstractOf !== undefined) {
    const kinds = [
      ...(config.abstractOf === undefined ? ['classification', 'aed'] : []),
      ...(jointTraining ? [jointTraining] : []),
    ];
    throw new UsageError({
      what: `The network "${model.preset}" cannot be trained by the task "${task.kind}".`,
      expected: `task.kind ${kinds.map((kind) => `"${kind}"`).join(' or ')}`,
      received: `"${task.kind}"`,
    });
  }
  if (joint && labels.abstracts.length === 0) {
    throw new UsageError({
      what: `The task "${task.kind}" needs abstract classes, and this dataset has none.`,
      hint: 'Add a classes.csv (scene_label, abstract_label) to the dataset, or --set task.kind=classification.',
    });
  }
  return joint;
}
