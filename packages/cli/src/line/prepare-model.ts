import { UsageError, type FrontEndConfig, type LabelSpace, type ModelCard } from '@asc/core';
import { frontEnd, resolveFrontEndConfig, type FrontEndInput } from '@asc/features';
import { createModel, findPreset, predictJointly, type SceneModel, type SceneModelConfig } from '@asc/models';
import type { Recipe } from '@asc/train';
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
    input: 'features',
    frontEnd: config,
    recipe,
  };
}

/** What a recipe's dataset, task and features say of its network; another value could not be trained. */
const DERIVED: readonly string[] = ['classes', 'abstractClasses', 'abstractOf', 'bands', 'frames', 'channels'];

function refuseDerived(options: object): void {
  const key = Object.keys(options).find((each) => DERIVED.includes(each));
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
export function recipeModel(recipe: Recipe, card: ModelCard): SceneModel {
  const { labels, clipSamples } = card;
  const { preset } = recipe.model;
  const joint = isJoint(recipe, labels);
  if (findPreset(preset).config.embeddings !== undefined) {
    throw new UsageError({
      what: `The network "${preset}" reads embeddings beside the features, and a recipe gives it features alone.`,
      hint: 'Choose a network of one input: asc models lists them.',
    });
  }
  const ends = frontEnd(card.frontEnd);
  const frames = ends.frames(clipSamples);
  if (frames === 0) {
    throw new UsageError({
      what: 'A window of the recipe is too short for one frame of its front end.',
      expected: `more than ${card.frontEnd.windowSamples} samples`,
      received: `clip.seconds ${recipe.clip.seconds}, which is ${clipSamples}`,
      hint: 'Raise clip.seconds.',
    });
  }
  refuseDerived(recipe.model.options);
  const options = recipe.model.options as Partial<SceneModelConfig>;
  const net = createModel(preset, {
    seed: recipe.seed,
    classes: labels.scenes.length,
    abstractClasses: joint ? labels.abstracts.length : 0,
    ...(findPreset(preset).config.abstractOf !== undefined && { abstractOf: labels.abstractOf }),
    bands: ends.bands,
    frames,
    channels: ends.channels,
    ...options,
  });
  return recipe.evaluate.jointPrediction ? { ...net, deployed: predictJointly(net, labels.abstractOf) } : net;
}

/** Whether scenes and abstract classes are trained at once. @throws UsageError where network or labels cannot. */
function isJoint({ task, model }: Recipe, labels: LabelSpace): boolean {
  const { jointTraining, config } = findPreset(model.preset);
  const joint = task.kind !== 'classification';
  if (joint ? task.kind !== jointTraining : config.abstractOf !== undefined) {
    const kinds = [
      ...(config.abstractOf === undefined ? ['classification'] : []),
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
