import { pipeline, type ClipList } from '@asc/data';
import type { EvaluationClips } from '@asc/train';
import type { FeatureSource } from './feature-source.js';

/** Clips whose windows are computed at once. */
const AT_ONCE = 8;

/** The clips of a split with the feature maps of `crops` windows each, computed as they are asked for. */
export function evaluationClips(
  clips: ClipList,
  features: FeatureSource,
  options: { readonly crops: number; readonly signal?: AbortSignal | undefined },
): EvaluationClips {
  const { crops, signal } = options;
  return () =>
    pipeline(clips, signal === undefined ? {} : { signal }).map(
      async ({ id, scene, device, path }) => ({
        id,
        scene,
        device,
        crops: await features.maps(path, { kind: 'spread', crops }),
      }),
      { concurrency: AT_ONCE },
    );
}
