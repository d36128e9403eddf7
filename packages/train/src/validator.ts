import { createRng, type LabelSpace, type NdArrays, type Predictions } from '@asc/core';
import { evaluate, evaluateEvents } from '@asc/evaluate';
import type { LayersModel } from '@tensorflow/tfjs-layers';
import { averagedState, hasAverage } from './averaging.js';
import type { BatchSource } from './batch-source.js';
import type { ValidationReport } from './epoch-totals.js';
import { createPredictor, type EvaluationClips } from './predict-clips.js';
import type { Recipe } from './recipe-schema.js';
import { createStatistician } from './recompute-statistics.js';
import type { Trainer } from './trainer.js';

/** What the weights at the end of an epoch are worth. */
export interface Judgement {
  /** Of the weights as they are, where there are held-out clips. */
  readonly live: ValidationReport | undefined;
  /** Of their average, where there is one. */
  readonly averaged: ValidationReport | undefined;
  /** Of the weights as they are on the clips kept aside, where there are such. */
  readonly selection: ValidationReport | undefined;
  /** The average with its own running statistics, where there is one. */
  readonly averagedWeights: NdArrays | undefined;
  /** Of the average where there is one, else of the weights as they are. */
  readonly predictions: Predictions | undefined;
}

/** Judges a run's weights at the end of an epoch, counted from 0; `undefined` where the signal came first. */
export interface Validator {
  judge(epoch: number): Promise<Judgement | undefined>;
  release(): Promise<void>;
}

export function createValidator(options: {
  readonly recipe: Recipe;
  readonly model: LayersModel;
  /** Judges the clips; it shares its weights with `model`. */
  readonly deployed: LayersModel;
  readonly labels: LabelSpace;
  readonly trainer: Trainer;
  readonly train: BatchSource;
  readonly clips: EvaluationClips | undefined;
  /** Clips kept aside to choose by. */
  readonly selection: EvaluationClips | undefined;
  readonly signal: AbortSignal | undefined;
  readonly threads: number | undefined;
}): Validator {
  const { recipe, model, deployed, labels, trainer, train, clips, selection, signal, threads } = options;
  const { engine, averaging, batchSize } = recipe;
  const aed = recipe.task.kind === 'aed';
  const predictor = createPredictor(deployed, { labels, engine, threads, batchSize, independent: aed });
  const statistician = createStatistician(model, { engine, threads });
  const rng = createRng(recipe.seed).split('statistics');
  const stopped = () => signal?.aborted === true;

  async function score(weights: NdArrays, held: EvaluationClips, begin = performance.now()) {
    predictor.load(weights);
    const predictions = await predictor.predict(held, { signal }).catch((cause: unknown) => {
      if (stopped()) return undefined;
      throw cause;
    });
    if (predictions === undefined) return undefined;
    const scores = aed ? eventScores(predictions, labels) : sceneScores(predictions, labels);
    return { predictions, report: { ...scores, seconds: (performance.now() - begin) / 1000 } };
  }

  async function judgeFrom(state: NdArrays, epoch: number): Promise<Judgement | undefined> {
    const live = clips && (await score(state, clips));
    if (clips !== undefined && live === undefined) return undefined;
    const chosenOn = selection && (await score(state, selection));
    if (selection !== undefined && chosenOn === undefined) return undefined;
    const asIs = { live: live?.report, selection: chosenOn?.report };
    if (!hasAverage(averaging, epoch, recipe.epochs)) {
      return { ...asIs, averaged: undefined, averagedWeights: undefined, predictions: live?.predictions };
    }
    const begin = performance.now();
    const averagedWeights = await statistician.recompute(averagedState(model, state), train.batches(epoch, 0), {
      rng: rng.split(epoch),
      stopped,
    });
    if (averagedWeights === undefined) return undefined;
    const averaged = clips && (await score(averagedWeights, clips, begin));
    if (clips !== undefined && averaged === undefined) return undefined;
    return { ...asIs, averaged: averaged?.report, averagedWeights, predictions: averaged?.predictions };
  }

  return {
    async judge(epoch) {
      const state = trainer.readState();
      try {
        return await judgeFrom(state, epoch);
      } finally {
        // The eager engine has one set of variables for all: give the weights back to training.
        trainer.writeState(state);
      }
    },
    async release() {
      await predictor.release();
      await statistician.release();
    },
  };
}

type Scores = Omit<ValidationReport, 'seconds'>;

function sceneScores(predictions: Predictions, labels: LabelSpace): Scores {
  const { accuracy, balancedAccuracy, logLoss, clips } = evaluate(predictions, labels);
  return { accuracy, balancedAccuracy, logLoss, clips };
}

function eventScores(predictions: Predictions, labels: LabelSpace): Scores {
  const { accuracy, meanAveragePrecision, logLoss, clips } = evaluateEvents(predictions, labels);
  return { accuracy, meanAveragePrecision, logLoss, clips };
}
