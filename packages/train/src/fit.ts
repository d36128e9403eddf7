import { AscError, type LabelSpace, type NdArrays, type Predictions } from '@asc/core';
import { evaluate } from '@asc/evaluate';
import type { LayersModel } from '@tensorflow/tfjs-layers';
import { setImmediate as nextTurn } from 'node:timers/promises';
import { ahead } from './ahead.js';
import type { BatchSource } from './batch-source.js';
import type { Progress } from './checkpoint.js';
import { addStep, NO_TOTALS, reportEpoch, type ValidationReport } from './epoch-totals.js';
import type { FitEvent } from './fit-events.js';
import { findNonFinite } from './non-finite.js';
import { createPredictor, type EvaluationClips } from './predict-clips.js';
import { recipeHash } from './recipe-hash.js';
import type { Recipe } from './recipe-schema.js';
import type { RunFolder } from './run-folder.js';
import { createTrainer, type Trainer } from './trainer.js';

export interface FitOptions {
  readonly recipe: Recipe;
  /** (B, F, T, C) → logits, scene (B, Y) first. Its variables get the trained weights when the run ends. */
  readonly model: LayersModel;
  /** What judges the held-out clips; it shares its weights with `model`. Default: the first output of `model`. */
  readonly deployed?: LayersModel | undefined;
  readonly labels: LabelSpace;
  readonly train: BatchSource;
  /** Held-out clips, all labelled. */
  readonly validation?: EvaluationClips | undefined;
  /** Where checkpoints and reports go, and where an earlier part of the run is resumed from. */
  readonly run?: RunFolder | undefined;
  /** Stops the run at the next step boundary, with a checkpoint. */
  readonly signal?: AbortSignal | undefined;
  /** Intra-op threads of the engine; default: physical cores. */
  readonly threads?: number | undefined;
}

/**
 * Trains a model as a recipe says, telling what happens as it happens. The next batch is asked for while a step runs.
 *
 * Everything random is named by (seed, epoch, step): a run that was stopped and resumed gives the same numbers, bit for
 * bit, as one that was not.
 *
 * @throws AscError when the loss or a weight is no longer finite (the checkpoint before stays), or a batch source ends
 * early; UsageError for batches, clips or a checkpoint that do not fit the model; DataError when the disk refuses.
 */
export async function* fit(options: FitOptions): AsyncGenerator<FitEvent, void, undefined> {
  const { recipe, model, deployed = model, labels, train, validation, run, signal, threads } = options;
  const { stepsPerEpoch } = train;
  const trainer = createTrainer({ recipe, model, labels, stepsPerEpoch, threads });
  const predictor = createPredictor(deployed, { labels, engine: recipe.engine, threads, batchSize: recipe.batchSize });
  const start: Progress = run?.checkpoint ?? { recipeHash: recipeHash(recipe), epoch: 0, step: 0, totals: NO_TOTALS };
  let { epoch, step, totals, best } = start;
  const stopped = () => signal?.aborted === true;
  const progress = () => ({
    recipeHash: start.recipeHash,
    epoch,
    step,
    totals,
    ...(best === undefined ? {} : { best }),
    state: trainer.readState(),
  });
  const judge = async (): Promise<Predictions | undefined> => {
    if (validation === undefined) return undefined;
    predictor.load(trainer.readState());
    return predictor.predict(validation, { signal }).catch((cause: unknown) => {
      if (stopped()) return undefined;
      throw cause;
    });
  };
  let predictions: Predictions | undefined;
  let failed = false;

  try {
    if (run?.checkpoint !== undefined) trainer.writeState(run.checkpoint.state);
    for (; epoch < recipe.epochs && !stopped(); epoch++, step = 0, totals = NO_TOTALS) {
      for await (const event of trainEpoch(trainer, train, epoch, step, stopped)) {
        step = event.step + 1;
        totals = addStep(totals, event);
        const { correct: _correct, ...told } = event;
        yield { kind: 'step', stepsPerEpoch, ...told };
      }
      if (stopped()) break;
      refuseDiverged(trainer.readState(), epoch);

      let report: ValidationReport | undefined;
      if (
        validation !== undefined &&
        ((epoch + 1) % recipe.evaluate.everyEpochs === 0 || epoch + 1 === recipe.epochs)
      ) {
        const begin = performance.now();
        predictions = await judge();
        if (predictions === undefined) break;
        const { accuracy, balancedAccuracy, logLoss, clips } = evaluate(predictions, labels);
        report = { accuracy, balancedAccuracy, logLoss, clips, seconds: (performance.now() - begin) / 1000 };
        yield { kind: 'validation', epoch, validation: report };
      }
      const improved = report !== undefined && isBetter(report, best);
      if (report !== undefined && improved) best = { epoch, accuracy: report.accuracy, logLoss: report.logLoss };
      const epochReport = reportEpoch(epoch, totals, trainer.learningRate(epoch, stepsPerEpoch - 1), report);
      await run?.appendReport(epochReport);
      await run?.saveCheckpoint({ ...progress(), epoch: epoch + 1, step: 0, totals: NO_TOTALS }, { best: improved });
      yield { kind: 'epoch', report: epochReport, best: improved };
    }
    if (epoch === recipe.epochs) predictions ??= await judge();
    if (epoch < recipe.epochs || (validation !== undefined && predictions === undefined)) {
      await run?.saveCheckpoint(progress());
      yield { kind: 'interrupted', epoch, step, saved: run !== undefined };
      return;
    }
    if (predictions !== undefined) await run?.writePredictions(predictions);
    yield { kind: 'done', predictions };
  } catch (cause) {
    failed = true;
    throw cause;
  } finally {
    if (!failed) trainer.writeVariables();
    await predictor.release();
    await trainer.release();
  }
}

/** The steps of an epoch from `firstStep` on, until it ends or `stopped`. */
async function* trainEpoch(
  trainer: Trainer,
  train: BatchSource,
  epoch: number,
  firstStep: number,
  stopped: () => boolean,
) {
  const { stepsPerEpoch } = train;
  let step = firstStep;
  if (step >= stepsPerEpoch) return;
  let begin = performance.now();
  for await (const batch of ahead(train.batches(epoch, firstStep))) {
    const result = await trainer.step(epoch, step, batch);
    // A step may keep the thread busy all along: let signals and workers have their turn.
    await nextTurn();
    yield { epoch, step, ...result, seconds: (performance.now() - begin) / 1000 };
    step++;
    if (stopped() || step === stepsPerEpoch) return;
    begin = performance.now();
  }
  throw new AscError({
    what: `The batches of epoch ${epoch} ended early.`,
    expected: `${stepsPerEpoch} steps an epoch`,
    received: `${step}`,
  });
}

function isBetter(report: ValidationReport, best: Progress['best']): boolean {
  if (best === undefined) return true;
  return report.accuracy > best.accuracy || (report.accuracy === best.accuracy && report.logLoss < best.logLoss);
}

function refuseDiverged(state: NdArrays, epoch: number): void {
  const broken = findNonFinite(state);
  if (broken === undefined) return;
  throw new AscError({
    what: `Training stopped: weights are not finite at the end of epoch ${epoch}.`,
    received: `${broken.count} numbers of "${broken.name}" that are NaN or infinite`,
    hint: 'Lower optimiser.learningRate. The last checkpoint written is from before and whole.',
  });
}
