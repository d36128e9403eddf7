import type { FeatureMap } from '@asc/core';
import { pipeline, type ClipList } from '@asc/data';
import type { FeatureSource } from './feature-source.js';
import type { EvaluationClips } from '@asc/train';
import type { MapSources } from './map-sources.js';

/** Clips whose windows are computed at once. */
const AT_ONCE = 8;

/** The clips of a split with the feature maps of `crops` windows each, computed as they are asked for. */
export function evaluationClips(
  clips: ClipList,
  { x, ...further }: MapSources,
  options: { readonly crops: number; readonly signal?: AbortSignal | undefined },
): EvaluationClips {
  const { crops, signal } = options;
  return () =>
    pipeline(clips, signal === undefined ? {} : { signal }).map(
      async ({ id, scene, events, device, path }) => ({
        id,
        scene,
        events,
        device,
        crops: await x.maps(path, { kind: 'spread', crops }),
        further: await mapsOf(further, path, crops),
      }),
      { concurrency: AT_ONCE },
    );
}

async function mapsOf(sources: Readonly<Record<string, FeatureSource>>, path: string, crops: number) {
  const entries = Object.entries(sources).map(async ([name, source]): Promise<[string, readonly FeatureMap[]]> => [
    name,
    await source.maps(path, { kind: 'spread', crops }),
  ]);
  return Object.fromEntries(await Promise.all(entries));
}
