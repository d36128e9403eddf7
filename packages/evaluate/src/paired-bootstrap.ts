import { checkKeys, checkPositiveInteger, UsageError, type Predictions, type Rng } from '@asc/core';
import { judgeClips } from './judged-clip.js';
import { clipLogLoss } from './scores.js';

/** Differences this small are rounding of means over runs, not differences. */
const ROUNDING = 1e-12;

/** One metric of two models on the same clips. */
export interface PairedDifference {
  readonly a: number;
  readonly b: number;
  /** b − a. */
  readonly difference: number;
  /** 95 % percentile interval of the difference over resamples. */
  readonly low: number;
  readonly high: number;
  /** Two-sided: how often resampling moves the difference to the other side of zero. */
  readonly pValue: number;
}

export interface PairedReport {
  readonly clips: number;
  readonly resamples: number;
  readonly accuracy: PairedDifference;
  readonly logLoss: PairedDifference;
}

/** Predictions of one model, or of several runs of it: seeds, or the folds of one dataset. */
export type JudgedBy = Predictions | readonly Predictions[];

/**
 * Is model B different from model A? Resamples clips with replacement, the same clips for both, and reports how the
 * differences of accuracy and log loss spread. Rows are matched by id, columns by label. Of several runs, a clip counts with
 * its mean over the runs that judged it: the interval tells of other clips, not of other seeds.
 * Source: Efron and Tibshirani, "An introduction to the bootstrap", 1993, chapters 13 and 16.
 *
 * @throws UsageError where the two do not hold the same clips with the same labels and scenes, or either would be refused
 * by {@link evaluate}.
 */
export function pairedBootstrap(
  a: JudgedBy,
  b: JudgedBy,
  options: { readonly rng: Rng; readonly resamples?: number },
): PairedReport {
  checkKeys('The third argument of pairedBootstrap', options, ['rng', 'resamples']);
  const resamples = checkPositiveInteger('resamples', options.resamples ?? 10_000);
  const [groupA, groupB] = [asGroup(a), asGroup(b)];
  const labels = groupA[0]?.labels ?? [];
  const clipsA = meanOfClips(groupA, labels);
  const clipsB = matchById(clipsA, meanOfClips(groupB, labels));
  const count = clipsA.length;
  const right = Float64Array.from(clipsA, (clip, i) => (clipsB[i]?.right ?? 0) - clip.right);
  const loss = Float64Array.from(clipsA, (clip, i) => (clipsB[i]?.loss ?? 0) - clip.loss);
  const rightMeans = new Float64Array(resamples);
  const lossMeans = new Float64Array(resamples);
  for (let sample = 0; sample < resamples; sample++) {
    let rightSum = 0;
    let lossSum = 0;
    for (let i = 0; i < count; i++) {
      const clip = options.rng.integer(count);
      rightSum += right[clip] ?? 0;
      lossSum += loss[clip] ?? 0;
    }
    rightMeans[sample] = rightSum / count;
    lossMeans[sample] = lossSum / count;
  }
  const meanOf = (clips: readonly MeanClip[], score: 'right' | 'loss'): number =>
    clips.reduce((sum, clip) => sum + clip[score], 0) / clips.length;
  return {
    clips: count,
    resamples,
    accuracy: difference(meanOf(clipsA, 'right'), meanOf(clipsB, 'right'), rightMeans),
    logLoss: difference(meanOf(clipsA, 'loss'), meanOf(clipsB, 'loss'), lossMeans),
  };
}

/** A clip with its scores, means over the runs that judged it. */
interface MeanClip {
  readonly id: string;
  readonly truth: number;
  readonly right: number;
  readonly loss: number;
}

function asGroup(given: JudgedBy): readonly Predictions[] {
  if (!Array.isArray(given)) return [given as Predictions];
  if (given.length > 0) return given;
  throw new UsageError({
    what: 'There are no predictions to compare.',
    expected: 'at least one run',
    received: 'none',
  });
}

function meanOfClips(group: readonly Predictions[], labels: readonly string[]): MeanClip[] {
  const byId = new Map<string, { readonly truth: number; right: number; loss: number; runs: number }>();
  for (const predictions of group) {
    for (const clip of judgeClips(predictions, labels)) {
      const { id, truth, guess } = clip;
      const sums = byId.get(id) ?? { truth, right: 0, loss: 0, runs: 0 };
      if (sums.truth !== truth) throw notTheSame(id, 'two different true scenes');
      sums.right += truth === guess ? 1 : 0;
      sums.loss += clipLogLoss(clip);
      sums.runs += 1;
      byId.set(id, sums);
    }
  }
  return [...byId].map(([id, { truth, right, loss, runs }]) => ({ id, truth, right: right / runs, loss: loss / runs }));
}

/** The clips of `others` in the order of `clips`. */
function matchById(clips: readonly MeanClip[], others: readonly MeanClip[]): MeanClip[] {
  const byId = new Map(others.map((clip) => [clip.id, clip]));
  const matched = clips.map(({ id, truth }) => {
    const other = byId.get(id);
    if (other?.truth === truth) return other;
    throw notTheSame(id, other === undefined ? 'a clip that only the first has' : 'two different true scenes');
  });
  if (others.length === clips.length) return matched;
  const known = new Set(clips.map(({ id }) => id));
  throw new UsageError({
    what: `Clip "${others.find(({ id }) => !known.has(id))?.id}" is not in both sets of predictions.`,
    expected: `the same ${clips.length} clips`,
    received: `${others.length} in the second`,
  });
}

function notTheSame(id: string, received: string): UsageError {
  return new UsageError({
    what: `Clip "${id}" is not the same in both sets of predictions.`,
    expected: 'the same clips with the same true scenes',
    received,
  });
}

function difference(a: number, b: number, means: Float64Array): PairedDifference {
  const sorted = means.toSorted();
  const quantile = (q: number): number => sorted[Math.round(q * (sorted.length - 1))] ?? 0;
  const below = sorted.reduce((count, x) => count + (x <= ROUNDING ? 1 : 0), 0);
  const above = sorted.reduce((count, x) => count + (x >= -ROUNDING ? 1 : 0), 0);
  // One is added to both counts: a finite number of resamples never shows a probability of zero.
  const pValue = Math.min(1, (2 * (Math.min(below, above) + 1)) / (sorted.length + 1));
  return { a, b, difference: b - a, low: quantile(0.025), high: quantile(0.975), pValue };
}
