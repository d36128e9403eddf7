import type { ModelCard } from '@asc/core';
import type { ArrayCache } from '@asc/data';
import { createEmbeddingSource } from './embedding-source.js';
import { hearing } from './embedder.js';
import { createFeatureSource, type FeatureSource } from './feature-source.js';
import type { MapKind, RecipeModel } from './prepare-model.js';

/** Where every input of a network gets its maps from, by what batches call it: `x`, and further ones by their names. */
export type MapSources = Readonly<Record<string, FeatureSource>> & { readonly x: FeatureSource };

/** The sources of what a recipe's network reads in training. Close them, or their threads stay. */
export async function createMapSources(model: RecipeModel, card: ModelCard, cache: ArrayCache): Promise<MapSources> {
  const [first, ...further] = await Promise.all(
    model.reads.map(async (kind) => [kind as string, await createSource(kind, model, card, cache)] as const),
  );
  return { ...Object.fromEntries(further), x: first![1] };
}

async function createSource(
  kind: MapKind,
  { embedder }: RecipeModel,
  card: ModelCard,
  cache: ArrayCache,
): Promise<FeatureSource> {
  if (kind === 'features' || embedder === undefined) {
    const { frontEnd, clipSamples: windowSamples, stereo } = card;
    return createFeatureSource({ frontEnd, windowSamples, stereo, cache });
  }
  const { frontEnd, clipSamples: windowSamples } = hearing(card.clipSamples / card.sampleRateHz);
  const options = { frontEnd, windowSamples, stereo: card.stereo, cache };
  return kind === 'patches'
    ? createFeatureSource(options)
    : createEmbeddingSource(embedder.net, embedder.frames, options);
}

export async function closeSources(sources: MapSources): Promise<void> {
  await Promise.all(Object.values(sources).map((source) => source.close()));
}
