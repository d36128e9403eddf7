import { checkKeys, checkPositiveInteger, UsageError, type Predictions, type Rng } from '@asc/core';
import { judgeClips, type JudgedClip } from './judged-clip.js';
import { accuracy, clipLogLoss, logLoss } from './scores.js';

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

/**
 * Is model B different from model A? Resamples clips with replacement, the same clips for both, and reports how the
 * differences of accuracy and log loss spread. Rows are matched by id, columns by label.
 * Source: Efron and Tibshirani, "An introduction to the bootstrap", 1993, chapters 13 and 16.
 *
 * @throws UsageError where the two do not hold the same clips with the same labels and scenes, or either would be refused
 * by {@link evaluate}.
 */
export function pairedBootstrap(
  a: Predictions,
  b: Predictions,
  options: { readonly rng: Rng; readonly resamples?: number },
): PairedReport {
  checkKeys('The third argument of pairedBootstrap', options, ['rng', 'resamples']);
  const resamples = checkPositiveInteger('resamples', options.resamples ?? 10_000);
  const clipsA = judgeClips(a, a.labels);
  const clipsB = matchById(clipsA, judgeClips(b, a.labels));
  const count = clipsA.length;
  const right = Float64Array.from(clipsA, (clip, i) => isRight(clipsB[i]) - isRight(clip));
  const loss = Float64Array.from(clipsA, (clip, i) => lossOf(clipsB[i]) - clipLogLoss(clip));
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
  return {
    clips: count,
    resamples,
    accuracy: difference(accuracy(clipsA), accuracy(clipsB), rightMeans),
    logLoss: difference(logLoss(clipsA), logLoss(clipsB), lossMeans),
  };
}

function isRight(clip: JudgedClip | undefined): number {
  return clip !== undefined && clip.truth === clip.guess ? 1 : 0;
}

function lossOf(clip: JudgedClip | undefined): number {
  return clip === undefined ? 0 : clipLogLoss(clip);
}

/** The clips of `others` in the order of `clips`. */
function matchById(clips: readonly JudgedClip[], others: readonly JudgedClip[]): JudgedClip[] {
  const byId = new Map(others.map((clip) => [clip.id, clip]));
  const matched = clips.map(({ id, truth }) => {
    const other = byId.get(id);
    if (other?.truth === truth) return other;
    throw new UsageError({
      what: `Clip "${id}" is not the same in both sets of predictions.`,
      expected: 'the same clips with the same true scenes',
      received: other === undefined ? 'a clip that only the first has' : 'two different true scenes',
    });
  });
  if (others.length === clips.length) return matched;
  const known = new Set(clips.map(({ id }) => id));
  throw new UsageError({
    what: `Clip "${others.find(({ id }) => !known.has(id))?.id}" is not in both sets of predictions.`,
    expected: `the same ${clips.length} clips`,
    received: `${others.length} in the second`,
  });
}

function difference(a: number, b: number, means: Float64Array): PairedDifference {
  const sorted = means.toSorted();
  const quantile = (q: number): number => sorted[Math.round(q * (sorted.length - 1))] ?? 0;
  const below = sorted.reduce((count, x) => count + (x <= 0 ? 1 : 0), 0);
  const above = sorted.reduce((count, x) => count + (x >= 0 ? 1 : 0), 0);
  // One is added to both counts: a finite number of resamples never shows a probability of zero.
  const pValue = Math.min(1, (2 * (Math.min(below, above) + 1)) / (sorted.length + 1));
  return { a, b, difference: b - a, low: quantile(0.025), high: quantile(0.975), pValue };
}
