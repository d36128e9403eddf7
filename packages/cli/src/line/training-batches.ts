import {
  UsageError,
  type ClipInfo,
  type FeatureMap,
  type LabelSpace,
  type NdArray,
  type NdArrays,
  type Rng,
} from '@asc/core';
import { pipeline, type ClipList } from '@asc/data';
import {
  multiHotTargets,
  oneHotTargets,
  segmentRows,
  stackMaps,
  type BatchSource,
  type ClipTargets,
  type SegmentDraw,
} from '@asc/train';
import { drawnChannel } from './drawn-channel.js';
import type { FeatureSource } from './feature-source.js';
import type { MapSources } from './map-sources.js';
import type { WindowAugmentation } from './window-augmentation.js';

/** Batches made ready while one is trained on. */
const BATCHES_AHEAD = 2;

export interface TrainingBatchOptions {
  readonly clips: ClipList;
  readonly labels: LabelSpace;
  /** Where every input of the network comes from, by what a batch calls it. */
  readonly features: MapSources;
  /** Ids of clips longer than a window: every epoch hears a random part of them. */
  readonly longClips: ReadonlySet<string>;
  readonly batchSize: number;
  readonly dropLast: boolean;
  readonly rng: Rng;
  /** Further arrays of every batch, by clip id. */
  readonly targets?: ClipTargets | undefined;
  /** Further clips of the same scene, as `segment/1` … (B, F, T, C). */
  readonly segments?: SegmentDraw | undefined;
  /** What happens to clips before their features are computed, with the seed of its draws; then nothing is cached. */
  readonly augment?: { readonly config: WindowAugmentation; readonly seed: number } | undefined;
}

/**
 * The clips of a training split in a new order every epoch, as batches of feature maps. Order and crops depend on the
 * generator, the epoch and the clip alone.
 *
 * @throws UsageError where the clips do not fill a batch, or one has no label.
 */
export function trainingBatches(options: TrainingBatchOptions): BatchSource {
  const { clips, labels, features, longClips, batchSize, dropLast, rng, targets: further, segments, augment } = options;
  const size = clips.length * (further?.copies ?? 1);
  const full = size / batchSize;
  const stepsPerEpoch = dropLast ? Math.floor(full) : Math.ceil(full);
  if (stepsPerEpoch === 0) {
    throw new UsageError({
      what: 'There are too few clips to train on.',
      expected: `at least one batch of ${batchSize}`,
      received: `${size} ${size === 1 ? 'clip' : 'clips'}`,
      ...(size === 0 ? {} : { hint: `Lower batchSize: --set batchSize=${size}.` }),
    });
  }
  for (const clip of clips) checkLabelled(clip);

  const shareOf = ({ index, copy }: Place, epoch: number): number => {
    const { id } = clips.at(index) as ClipInfo;
    return (copy === 0 ? rng.split('crop', epoch, id) : rng.split('crop', epoch, id, copy)).uniform();
  };
  const load = async (source: FeatureSource, place: Place, epoch: number): Promise<FeatureMap> => {
    const { id, path } = clips.at(place.index) as ClipInfo;
    const whole = { kind: 'spread', crops: 1 } as const;
    const share = shareOf(place, epoch);
    const maps = await source.maps(path, longClips.has(id) ? { kind: 'at', share } : whole);
    return maps[drawnChannel(share, maps.length)] as FeatureMap;
  };
  const loadAll = async (source: FeatureSource, places: readonly Place[], epoch: number): Promise<NdArray> => {
    if (augment === undefined) return stackMaps(await Promise.all(places.map((place) => load(source, place, epoch))));
    const heard = places.map((place) => {
      const { id, path, device } = clips.at(place.index) as ClipInfo;
      return { id, copy: place.copy, path, device, share: shareOf(place, epoch) };
    });
    return stackMaps(await source.augmentedMaps(heard, augment.config, { seed: augment.seed, epoch }));
  };
  return {
    stepsPerEpoch,
    batches(epoch, firstStep) {
      const order = rng.split('order', epoch).permutation(size);
      const steps = Array.from({ length: stepsPerEpoch - firstStep }, (_, i) => firstStep + i);
      return pipeline(steps)
        .map(async (step) => {
          const chosen = [...order.subarray(step * batchSize, (step + 1) * batchSize)].map((place) => ({
            index: place % clips.length,
            copy: Math.floor(place / clips.length),
          }));
          const maps = Object.entries(features).map(
            async ([name, source]) => [name, await loadAll(source, chosen, epoch)] as const,
          );
          const targets = targetsOf(
            labels,
            chosen.map(({ index }) => clips.at(index) as ClipInfo),
          );
          const named = chosen.map(({ index, copy }) => ({ id: clips.at(index)?.id ?? '', copy }));
          const others = segments && segmentRows(chosen.map((place) => segmentsOf(place, segments, epoch)));
          const arrays = Object.entries(others ?? {}).map(
            async ([name, places]) => [name, await loadAll(features['x'] as FeatureSource, places, epoch)] as const,
          );
          return {
            ...Object.fromEntries(await Promise.all([...maps, ...arrays])),
            ...targets,
            ...further?.arrays(named, { epoch, step }),
          };
        })
        .prefetch(BATCHES_AHEAD);
    },
  };
}

/** What is drawn for a clip, each heard as a copy of its own: another part of a long one, augmented otherwise. */
function segmentsOf({ index }: Place, draw: SegmentDraw, epoch: number): Place[] {
  return draw(index, epoch).map((other, k) => ({ index: other, copy: k + 1 }));
}

/** A clip in an epoch that may hear it several times. */
interface Place {
  readonly index: number;
  readonly copy: number;
}

function targetsOf(labels: LabelSpace, clips: readonly ClipInfo[]): NdArrays {
  const events = clips.flatMap((clip) => (clip.events === undefined ? [] : [clip.events]));
  if (events.length === clips.length) return multiHotTargets(labels, events);
  return oneHotTargets(
    labels,
    clips.map(({ scene }) => scene ?? ''),
  );
}

function checkLabelled({ id, scene, events }: ClipInfo): void {
  if (scene !== undefined || events !== undefined) return;
  throw new UsageError({
    what: `The clip ${id} has no label, so nothing can be learnt from it.`,
    hint: 'Train on a split that is labelled, such as train.',
  });
}
