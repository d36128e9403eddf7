import {
  checkPositiveInteger,
  createRng,
  UsageError,
  type FeatureMap,
  type LabelSpace,
  type NdArray,
  type NdArrays,
  type Prediction,
  type Predictions,
} from '@asc/core';
import { meanOverCrops } from '@asc/evaluate';
import type { LayersModel } from '@tensorflow/tfjs-layers';
import { inferenceStep } from './inference-step.js';
import { inputArrays } from './model-inputs.js';
import { checkMapShape, stackMaps } from './stack-maps.js';
import { sizedStep, type ExecutionOptions } from './sized-step.js';

/** A clip to judge: one feature map a crop, all of the model's shape. */
export interface EvaluationClip {
  readonly id: string;
  readonly scene: string | undefined;
  /** Sound events heard in it, where such are judged. */
  readonly events?: readonly string[] | undefined;
  readonly device: string | undefined;
  readonly crops: readonly FeatureMap[];
  /** The model's further inputs by name: one map a crop. */
  readonly further?: Readonly<Record<string, readonly FeatureMap[]>>;
}

/** Clips in the order they are judged; asked anew for every evaluation. */
export type EvaluationClips = () => Iterable<EvaluationClip> | AsyncIterable<EvaluationClip>;

/** A model that judges clips. */
export interface Predictor {
  /** The mean over crops of the posteriors of every clip. @throws UsageError for no clips, or crops of another shape. */
  predict(clips: EvaluationClips, options?: { readonly signal?: AbortSignal | undefined }): Promise<Predictions>;
  /** Weights and running statistics by name; others are ignored. */
  load(state: NdArrays): void;
  release(): Promise<void>;
}

/**
 * Prepares a model's inference form. Windows are judged `batchSize` at a time, whatever clip they come from: a window's
 * posterior does not depend on its neighbours.
 */
export function createPredictor(
  model: LayersModel,
  options: ExecutionOptions & {
    readonly labels: LabelSpace;
    readonly batchSize: number;
    /** The labels are sound events, each with a probability of its own. Default: scenes, of which a clip is one. */
    readonly independent?: boolean;
  },
): Predictor {
  const { labels, independent = false } = options;
  const batchSize = checkPositiveInteger('batchSize', options.batchSize);
  const source = inferenceStep(model, { independent });
  const step = sizedStep(source, options);
  const names = inputArrays(model);
  // Inference draws nothing; a step is run with a generator all the same.
  const rng = createRng(0);

  async function judge(windows: readonly Window[]): Promise<number[][]> {
    // The last batch is filled up with its first window: one size, one compilation.
    const filled = Array.from({ length: batchSize }, (_, i) => windows[i] ?? (windows[0] as Window));
    const arrays = names.map((name, input): [string, NdArray] => [
      name,
      stackMaps(filled.map((maps) => maps[input] as FeatureMap)),
    ]);
    const { probabilities } = await step.run(Object.fromEntries(arrays), rng);
    const flat = probabilities?.data ?? new Float32Array();
    const classes = flat.length / batchSize;
    return windows.map((_, i) => Array.from(flat.subarray(i * classes, (i + 1) * classes)));
  }

  return {
    async predict(clips, { signal } = {}) {
      const rows: Prediction[] = [];
      let open: { readonly clip: EvaluationClip; readonly posteriors: number[][] }[] = [];
      let windows: { readonly maps: Window; readonly to: number[][] }[] = [];
      const flush = async () => {
        signal?.throwIfAborted();
        const posteriors = await judge(windows.map(({ maps }) => maps));
        windows.forEach(({ to }, i) => to.push(posteriors[i] as number[]));
        windows = [];
        const done = open.filter(({ clip, posteriors: held }) => held.length === clip.crops.length);
        for (const { clip, posteriors: held } of done) rows.push(toRow(clip, meanOverCrops(held, { independent })));
        open = open.filter((entry) => !done.includes(entry));
      };
      for await (const clip of clips()) {
        if (clip.crops.length === 0) throw new UsageError({ what: `The clip ${clip.id} has no windows to judge.` });
        const entry = { clip, posteriors: [] as number[][] };
        open.push(entry);
        for (const crop of clip.crops.keys()) {
          windows.push({ maps: windowOf(clip, crop, model), to: entry.posteriors });
          if (windows.length === batchSize) await flush();
        }
      }
      if (windows.length > 0) await flush();
      if (rows.length === 0) {
        throw new UsageError({ what: 'There are no clips to evaluate.', expected: 'at least one', received: 'none' });
      }
      return { labels: labels.scenes, rows };
    },
    load(state) {
      step.writeState(
        Object.fromEntries(
          Object.keys(source.state).map((name) => {
            const array = state[name];
            if (array === undefined) throw new UsageError({ what: `The weights miss "${name}".` });
            return [name, array];
          }),
        ),
      );
    },
    release: () => step.release(),
  };
}

/** One map an input of the model. */
type Window = readonly FeatureMap[];

function windowOf(clip: EvaluationClip, crop: number, model: LayersModel): Window {
  return inputArrays(model).map((name, input) => {
    const map = input === 0 ? clip.crops[crop] : clip.further?.[name]?.[crop];
    if (map === undefined) throw new UsageError({ what: `Window ${crop} of ${clip.id} misses "${name}".` });
    checkMapShape(`A window of ${clip.id}`, map, model, input);
    return map;
  });
}

function toRow({ id, scene, device, events }: EvaluationClip, probabilities: readonly number[]): Prediction {
  return { id, scene, device, ...(events !== undefined && { events }), probabilities };
}
