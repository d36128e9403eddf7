import type { FeatureMap, FrontEndConfig, StereoPolicy } from '@asc/core';
import { fileIdentity, workerPool, type ArrayCache, type CacheEntry } from '@asc/data';
import type { TrainingClip, WindowAugmentation } from './window-augmentation.js';
import type { AugmentedRequest, FeatureRequest, Placement } from './window-worker.js';

/** Recordings to feature maps of one shape, computed in worker threads. */
export interface FeatureSource {
  /** The maps (F, T, C) of a recording's windows. @throws DataError for a recording that cannot be read. */
  maps(path: string, placement: Placement): Promise<readonly FeatureMap[]>;
  /**
   * One map (F, T, C) for each clip, augmented with draws named by seed, epoch and clip; never remembered.
   *
   * @throws DataError for a recording or an impulse response that cannot be used.
   */
  augmentedMaps(
    clips: readonly TrainingClip[],
    augment: WindowAugmentation,
    draws: { readonly seed: number; readonly epoch: number },
  ): Promise<FeatureMap[]>;
  close(): Promise<void>;
}

export interface FeatureSourceOptions {
  readonly frontEnd: FrontEndConfig;
  /** Samples of a window at the front end's rate (S). */
  readonly windowSamples: number;
  /** What is heard of several channels; default: their mean. */
  readonly stereo?: StereoPolicy | undefined;
  /** Remembers the maps of windows whose place does not change. */
  readonly cache?: ArrayCache | undefined;
  /** Threads; default: one per core. */
  readonly workers?: number | undefined;
}

/** Starts the threads. Close it, or they stay. */
export function createFeatureSource(options: FeatureSourceOptions): FeatureSource {
  const { frontEnd, windowSamples, stereo, cache, workers } = options;
  const pool = workerPool(new URL('./window-worker.js', import.meta.url), workers === undefined ? {} : { workers });
  const compute = (path: string, placement: Placement): Promise<FeatureMap[]> => {
    const { sampleRateHz } = frontEnd;
    const request: FeatureRequest = { path, sampleRateHz, windowSamples, stereo, placement, frontEnd };
    return pool.run<FeatureMap[]>('featureWindows', request);
  };
  const settings = JSON.stringify([frontEnd, windowSamples, stereo ?? 'mean']);
  return {
    maps: remembered(settings, cache, compute),
    async augmentedMaps(clips, augment, draws) {
      // One call a thread: while a training step holds this thread, calls that come one by one would not reach the others.
      const size = Math.ceil(clips.length / pool.size);
      const parts = Array.from({ length: Math.ceil(clips.length / size) }, (_, i) =>
        clips.slice(i * size, (i + 1) * size),
      );
      const maps = await Promise.all(
        parts.map((part) => {
          const request: AugmentedRequest = { clips: part, windowSamples, stereo, frontEnd, augment, ...draws };
          return pool.run<FeatureMap[]>('augmentedMaps', request);
        }),
      );
      return maps.flat();
    },
    close: () => pool.close(),
  };
}

type Maps = FeatureSource['maps'];

/** `compute`, its answers about windows whose place does not change kept in `cache` under the recording and `settings`. */
export function remembered(settings: string, cache: ArrayCache | undefined, compute: Maps): Maps {
  return async (path, placement) => {
    if (cache === undefined || placement.kind === 'at') return compute(path, placement);
    const key = JSON.stringify([await fileIdentity(path), placement, settings]);
    return unpack(await cache.get(key, async () => pack(await compute(path, placement))));
  };
}

/** Shape of the maps in a {@link CacheEntry}, which are laid end to end. */
interface Shape {
  readonly bands: number;
  readonly frames: number;
  readonly channels: number;
}

function pack(maps: readonly FeatureMap[]): CacheEntry {
  const [first] = maps;
  const { bands = 0, frames = 0, channels = 0 } = first ?? {};
  const data = new Float32Array(maps.reduce((sum, map) => sum + map.data.length, 0));
  maps.forEach((map, i) => data.set(map.data, i * bands * frames * channels));
  const shape = { bands, frames, channels } satisfies Shape;
  return { data, meta: shape, shape: [maps.length, bands, frames, channels] };
}

function unpack({ data, meta }: CacheEntry): FeatureMap[] {
  const shape = meta as Shape;
  const size = shape.bands * shape.frames * shape.channels;
  return Array.from({ length: data.length / size }, (_, i) => ({
    ...shape,
    data: data.subarray(i * size, (i + 1) * size),
  }));
}
