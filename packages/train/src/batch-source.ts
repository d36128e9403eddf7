import { checkPositiveInteger, UsageError, type FeatureMap, type LabelSpace, type NdArrays, type Rng } from '@asc/core';
import type { ClipTargets } from './clip-targets.js';
import { oneHotTargets } from './one-hot-targets.js';
import type { FurtherMaps } from './model-inputs.js';
import { segmentRows, type SegmentDraw } from './scene-segments.js';
import { stackFurther, stackMaps } from './stack-maps.js';

/**
 * The training batches of a run. A batch holds `x` (B, F, T, C), the model's further inputs by name, and the soft labels `scene` (B, Y) and `abstract` (B, A),
 * see `oneHotTargets`. The same epoch gives the same batches whenever it is asked for, so that a run can be resumed.
 */
export interface BatchSource {
  readonly stepsPerEpoch: number;
  /** Batches `firstStep` … `stepsPerEpoch − 1` of an epoch, both counted from 0. */
  batches(epoch: number, firstStep: number): AsyncIterable<NdArrays>;
}

/** A labelled feature map held in memory. */
export interface TrainingExample {
  readonly map: FeatureMap;
  readonly scene: string;
  /** Needed where arrays are looked up by clip. */
  readonly id?: string;
  /** Maps of the model's further inputs by name. */
  readonly further?: FurtherMaps;
  /** Where it was recorded. */
  readonly location?: string;
}

/**
 * Batches of examples in memory, in a new order every epoch.
 *
 * @throws UsageError where the examples do not fill one batch and `dropLast` is on, or there are none.
 */
export function inMemoryBatches(options: {
  readonly examples: readonly TrainingExample[];
  readonly labels: LabelSpace;
  readonly batchSize: number;
  readonly dropLast: boolean;
  readonly rng: Rng;
  /** Further arrays of every batch, by clip id. */
  readonly targets?: ClipTargets | undefined;
  /** Further examples of the same scene, as `segment/1` … (B, F, T, C). */
  readonly segments?: SegmentDraw | undefined;
}): BatchSource {
  const { examples, labels, dropLast, rng, targets, segments } = options;
  const batchSize = checkPositiveInteger('batchSize', options.batchSize);
  const size = examples.length * (targets?.copies ?? 1);
  const batches = size / batchSize;
  const stepsPerEpoch = dropLast ? Math.floor(batches) : Math.ceil(batches);
  if (stepsPerEpoch === 0) {
    throw new UsageError({
      what: 'There are too few examples to train on.',
      expected: dropLast ? `at least one batch of ${batchSize}` : 'at least one',
      received: `${size}`,
      ...(dropLast ? { hint: 'Lower batchSize, or set dropLast to false.' } : {}),
    });
  }
  return {
    stepsPerEpoch,
    async *batches(epoch, firstStep) {
      const order = rng.split('epoch', epoch).permutation(size);
      for (let step = firstStep; step < stepsPerEpoch; step++) {
        const places = Array.from(order.subarray(step * batchSize, (step + 1) * batchSize));
        const chosen = places.map((place) => examples[place % examples.length] as TrainingExample);
        const clips = places.map((place, i) => ({
          id: chosen[i]?.id ?? '',
          copy: Math.floor(place / examples.length),
        }));
        const others = segments && segmentRows(places.map((place) => segments(place % examples.length, epoch)));
        const heard = Object.entries(others ?? {}).map(([name, rows]): [string, NdArrays[string]] => [
          name,
          stackMaps(rows.map((index) => (examples[index] as TrainingExample).map)),
        ]);
        yield {
          x: stackMaps(chosen.map(({ map }) => map)),
          ...stackFurther(chosen.map(({ further = {} }) => further)),
          ...oneHotTargets(
            labels,
            chosen.map(({ scene }) => scene),
          ),
          ...targets?.arrays(clips, { epoch, step }),
          ...Object.fromEntries(heard),
        };
      }
    },
  };
}
