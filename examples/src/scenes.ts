/** What the training and the shipping example share: sounds, features, network. */
import { type ClipInfo, type FeatureMap, type LabelSpace, type ModelCard } from '@asc/core';
import { generateSyntheticScenes, readAudio, type SceneDataset } from '@asc/data';
import { frontEnd } from '@asc/features';
import { createModel, type SceneModel } from '@asc/models';
import { parseRecipe } from '@asc/train';

export const recipe = parseRecipe({
  name: 'example',
  dataset: { kind: 'synthetic', root: 'scenes' },
  features: { preset: 'amfm-small', overrides: { bands: 24 } },
  clip: { seconds: 1 },
  augment: { timeRoll: true, mixup: { alpha: 0.2 } },
  model: { preset: 'amfm-small' },
  optimiser: { kind: 'adam', learningRate: 2e-3 },
  batchSize: 24,
  epochs: 12,
});

const logMel = frontEnd({ preset: 'amfm-small', bands: 24 });
const clipSamples = recipe.clip.seconds * logMel.config.sampleRateHz;

/** 200 invented recordings of ten scenes by nine devices. */
export function scenes(): Promise<SceneDataset> {
  return generateSyntheticScenes({ out: 'scenes', clipsPerScene: 20, clipSeconds: recipe.clip.seconds, seed: 1 });
}

export async function mapOf(clip: Pick<ClipInfo, 'path'>): Promise<FeatureMap> {
  const { samples } = await readAudio(clip.path, { sampleRateHz: logMel.config.sampleRateHz });
  return logMel.compute(samples);
}

export function network(labels: LabelSpace): SceneModel {
  const size = { bands: logMel.bands, frames: logMel.frames(clipSamples), channels: logMel.channels };
  return createModel(recipe.model.preset, { classes: labels.scenes.length, abstractClasses: 0, ...size });
}

/** What the shipped file knows about itself. */
export function card(labels: LabelSpace, input: ModelCard['input']): ModelCard {
  const { config } = logMel;
  return { name: recipe.name, labels, sampleRateHz: config.sampleRateHz, clipSamples, input, frontEnd: config, recipe };
}

export const frontEndPlan = logMel.plan();
