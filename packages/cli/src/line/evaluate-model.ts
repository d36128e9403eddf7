import { UsageError, type Predictions } from '@asc/core';
import type { SceneDataset, SplitName } from '@asc/data';
import { evaluate, evaluateEvents, type EventReport, type Report } from '@asc/evaluate';
import type { LoadedModel } from './load-model.js';
import { createSceneJudge, judgeAll } from './scene-judge.js';
import type { TestTime } from './test-time.js';

export interface EvaluateModelOptions {
  readonly dataset: SceneDataset;
  readonly fold: number;
  readonly split: SplitName;
  /** Windows a recording, spread evenly. */
  readonly crops: number;
  /** Test-time augmentation, in place of `crops`; off where not given. */
  readonly testTime?: TestTime | undefined;
  readonly signal?: AbortSignal;
  readonly onProgress?: (done: number, total: number) => void;
}

/** What a model says about one side of a fold, and how right it is. */
export interface Evaluation {
  readonly predictions: Predictions;
  readonly report: Report | EventReport;
}

/** Judges a split through ONNX Runtime. @throws UsageError where model and dataset do not speak of the same scenes. */
export async function evaluateModel({ model, card }: LoadedModel, options: EvaluateModelOptions): Promise<Evaluation> {
  const { dataset, fold, split, crops, testTime, signal, onProgress } = options;
  const clips = labelledSplit(dataset, fold, split);
  checkScenes(card.labels.scenes, dataset.labels.scenes);
  const judge = await createSceneJudge(model, card);
  try {
    const predictions = await judgeAll(
      judge,
      clips,
      { kind: 'spread', crops },
      {
        testTime,
        ...(signal === undefined ? {} : { signal }),
        ...(onProgress === undefined ? {} : { onProgress }),
      },
    );
    const report = card.events === true ? evaluateEvents(predictions, card.labels) : evaluate(predictions, card.labels);
    return { predictions, report };
  } finally {
    await judge.close();
  }
}

/** The clips of a split, which must have labels. */
function labelledSplit(dataset: SceneDataset, fold: number, split: SplitName) {
  const clips = dataset.split(fold, split);
  if (clips.every(({ scene, events }) => scene !== undefined || events !== undefined)) return clips;
  throw new UsageError({
    what: `Split "${split}" of ${dataset.name} has clips without a label.`,
    hint: 'A set whose labels are hidden can be predicted, not evaluated.',
  });
}

function checkScenes(model: readonly string[], dataset: readonly string[]): void {
  const strangers = dataset.filter((scene) => !model.includes(scene));
  if (strangers.length === 0) return;
  throw new UsageError({
    what: 'The model does not know all scenes of the dataset.',
    expected: `scenes among ${model.join(', ')}`,
    received: strangers.join(', '),
  });
}
