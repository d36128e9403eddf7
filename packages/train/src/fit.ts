import { AscError, type LabelSpace, type NdArrays } from '@asc/core';
import type { LayersModel } from '@tensorflow/tfjs-layers';
import { setImmediate as nextTurn } from 'node:timers/promises';
import { ahead } from './ahead.js';
import type { BatchSource } from './batch-source.js';
import type { Progress } from './checkpoint.js';
import { addStep, NO_TOTALS, reportEpoch, type ValidationReport } from './epoch-totals.js';
import type { FitEvent } from './fit-events.js';
import { findNonFinite } from './non-finite.js';
import { loadWeights } from './load-weights.js';
import type { EvaluationClips } from './predict-clips.js';
import { recipeHash } from './recipe-hash.js';
import type { Recipe } from './recipe-schema.js';
import type { RunFolder } from './run-folder.js';
import { createTrainer, type Trainer } from './trainer.js';
import { createValidator, type Judgement } from './validator.js';

export interface FitOptions {
  readonly recipe: Recipe;
  /** (B, F, T, C) → logits, scene (B, Y) first. Its variables get the trained weights when the run ends, averaged if asked. */
  readonly model: LayersModel;
  /** What judges the held-out clips; it shares its weights with `model`. Default: the first output of `model`. */
  readonly deployed?: LayersModel | undefined;
  readonly labels: LabelSpace;
  readonly train: BatchSource;
  /** Held-out clips, all labelled. */
  readonly validation?: EvaluationClips | undefined;
  /**
   * Clips kept aside from training, all labelled, on which the best epoch is chosen and an online teacher refreshed;
   * default: those of `validation`, which then flatter the result.
   */
  readonly selection?: EvaluationClips | undefined;
  /** Where checkpoints and reports go, and where an earlier part of the run is resumed from. */
  readonly run?: RunFolder | undefined;
  /** Stops the run at the next step boundary, with a checkpoint. */
  readonly signal?: AbortSignal | undefined;
  /** Intra-op threads of the engine; default: one per core. */
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
  const { recipe, model, deployed = model, labels, train, validation, selection, run, signal, threads } = options;
  const { stepsPerEpoch } = train;
  const trainer = createTrainer({ recipe, model, labels, stepsPerEpoch, threads });
  const judging = { clips: validation, selection, signal, threads };
  const validator = createValidator({ recipe, model, deployed, labels, trainer, train, ...judging });
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
  let judged: Judgement | undefined;
  let final: NdArrays | undefined;
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

      judged = undefined;
      if ((epoch + 1) % recipe.evaluate.everyEpochs === 0 || epoch + 1 === recipe.epochs) {
        judged = await validator.judge(epoch);
        if (judged === undefined) break;
      }
      const { live, averaged, averagedWeights, selection: chosenOn = live } = judged ?? {};
      if (live !== undefined) yield { kind: 'validation', epoch, validation: live, averaged };
      const improved = chosenOn !== undefined && (isBetter(chosenOn, best) || endsPruning(recipe, best, epoch));
      if (chosenOn !== undefined && improved) {
        best = { epoch, accuracy: rank(chosenOn), logLoss: chosenOn.logLoss };
        trainer.refreshTeacher();
      }
      const learningRate = trainer.learningRate(epoch, stepsPerEpoch - 1);
      const epochReport = reportEpoch(epoch, totals, learningRate, judged);
      await run?.appendReport(epochReport);
      await run?.saveCheckpoint(
        { ...progress(), epoch: epoch + 1, step: 0, totals: NO_TOTALS },
        { best: improved, averagedWeights },
      );
      yield { kind: 'epoch', report: epochReport, best: improved };
    }
    if (epoch === recipe.epochs) judged ??= await validator.judge(epoch - 1);
    if (epoch < recipe.epochs || judged === undefined) {
      await run?.saveCheckpoint(progress());
      await run?.end('interrupted');
      yield { kind: 'interrupted', epoch, step, saved: run !== undefined };
      return;
    }
    const { predictions, averagedWeights } = judged;
    final = averagedWeights;
    if (predictions !== undefined) await run?.writePredictions(predictions);
    await run?.end('done');
    yield { kind: 'done', predictions };
  } catch (cause) {
    failed = true;
    // The cause matters more than that it could not be written down.
    await run?.end('failed', cause).catch(() => undefined);
    throw cause;
  } finally {
    if (!failed) trainer.writeVariables();
    if (final !== undefined) loadWeights(model, final);
    await validator.release();
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
  return rank(report) > best.accuracy || (rank(report) === best.accuracy && report.logLoss < best.logLoss);
}

/** Whether `epoch` is the first judged one of a network as sparse as asked: no denser one may stay the best. */
function endsPruning({ pruning }: Recipe, best: Progress['best'], epoch: number): boolean {
  return pruning !== undefined && best !== undefined && best.epoch < pruning.toEpoch && pruning.toEpoch <= epoch;
}

/** What the best epoch is best at. */
function rank({ accuracy, meanAveragePrecision }: ValidationReport): number {
  return meanAveragePrecision ?? accuracy;
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
