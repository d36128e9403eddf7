import type { Judgement } from './validator.js';

/** Sums over the steps of an epoch so far; plain JSON, so that an interrupted epoch can go on. */
export interface EpochTotals {
  readonly clips: number;
  /** Clips whose most likely scene is that of the (mixed) label. */
  readonly correct: number;
  readonly seconds: number;
  /** Sum over clips. */
  readonly loss: number;
  readonly parts: Readonly<Record<string, number>>;
}

/** What one step adds; loss and parts are means over its clips. */
export interface StepTotals {
  readonly clips: number;
  readonly correct: number;
  readonly seconds: number;
  readonly loss: number;
  readonly parts: Readonly<Record<string, number>>;
}

export const NO_TOTALS: EpochTotals = { clips: 0, correct: 0, seconds: 0, loss: 0, parts: {} };

/** Totals with one more step. */
export function addStep(totals: EpochTotals, step: StepTotals): EpochTotals {
  const parts: Record<string, number> = {};
  for (const [name, mean] of Object.entries(step.parts)) parts[name] = (totals.parts[name] ?? 0) + mean * step.clips;
  return {
    clips: totals.clips + step.clips,
    correct: totals.correct + step.correct,
    seconds: totals.seconds + step.seconds,
    loss: totals.loss + step.loss * step.clips,
    parts,
  };
}

/** How an epoch went: means over its clips. Plain JSON. */
export interface EpochReport {
  /** Counted from 0. */
  readonly epoch: number;
  readonly loss: number;
  readonly parts: Readonly<Record<string, number>>;
  /** Against the (mixed) labels, with weights on the move. */
  readonly accuracy: number;
  /** Of the last step. */
  readonly learningRate: number;
  readonly clips: number;
  /** Time in training steps, waiting for data included. */
  readonly seconds: number;
  readonly clipsPerSecond: number;
  /** Present where the epoch was validated. */
  readonly validation?: ValidationReport;
  /** The same of the averaged weights, where there are any; its time holds that of their statistics. */
  readonly averaged?: ValidationReport;
  /** The same on the clips kept aside to choose by, where there are such. */
  readonly selection?: ValidationReport;
}

/** How the held-out clips went. */
export interface ValidationReport {
  /** Clips whose most likely class is theirs or, of sound events, one of theirs. */
  readonly accuracy: number;
  /** Of scenes. */
  readonly balancedAccuracy?: number;
  /** Of sound events; decides which epoch is best. */
  readonly meanAveragePrecision?: number;
  readonly logLoss: number;
  readonly clips: number;
  readonly seconds: number;
}

/** The report of a whole epoch. */
export function reportEpoch(
  epoch: number,
  totals: EpochTotals,
  learningRate: number,
  judged: Pick<Judgement, 'live' | 'averaged' | 'selection'> | undefined,
): EpochReport {
  const { clips, correct, seconds } = totals;
  const { live: validation, averaged, selection } = judged ?? {};
  const mean = (sum: number) => (clips === 0 ? 0 : sum / clips);
  return {
    epoch,
    loss: mean(totals.loss),
    parts: Object.fromEntries(Object.entries(totals.parts).map(([name, sum]) => [name, mean(sum)])),
    accuracy: mean(correct),
    learningRate,
    clips,
    seconds,
    clipsPerSecond: seconds === 0 ? 0 : clips / seconds,
    ...(validation === undefined ? {} : { validation }),
    ...(averaged === undefined ? {} : { averaged }),
    ...(selection === undefined ? {} : { selection }),
  };
}
