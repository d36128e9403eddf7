/** A guess beside the truth: what every score here needs, whether of scenes or of abstract classes. */
export interface Judged {
  readonly truth: number;
  readonly guess: number;
  readonly posterior: ArrayLike<number>;
}

/** Probabilities are clipped to [EPS, 1 − EPS] before the logarithm, as scikit-learn does for float64: 2^-52. */
export const LOG_LOSS_EPS = Number.EPSILON;

/** −ln p(truth) of one clip, clipped: at most 36.04. */
export function clipLogLoss({ posterior, truth }: Judged): number {
  return -Math.log(Math.min(Math.max(posterior[truth] ?? 0, LOG_LOSS_EPS), 1 - LOG_LOSS_EPS));
}

/** Mean −ln p(truth). Source: scikit-learn `log_loss`. */
export function logLoss(clips: readonly Judged[]): number {
  return clips.reduce((sum, clip) => sum + clipLogLoss(clip), 0) / clips.length;
}

/** Fraction guessed right. */
export function accuracy(clips: readonly Judged[]): number {
  return clips.filter(({ truth, guess }) => truth === guess).length / clips.length;
}

/** Mean recall over the classes that occur. Source: scikit-learn `balanced_accuracy_score`. */
export function balancedAccuracy(clips: readonly Judged[]): number {
  const right = new Map<number, number>();
  const total = new Map<number, number>();
  for (const { truth, guess } of clips) {
    total.set(truth, (total.get(truth) ?? 0) + 1);
    if (truth === guess) right.set(truth, (right.get(truth) ?? 0) + 1);
  }
  let sum = 0;
  for (const [truth, count] of total) sum += (right.get(truth) ?? 0) / count;
  return sum / total.size;
}

/** (classes, classes) counts: row = truth, column = guess. */
export function confusionMatrix(clips: readonly Judged[], classes: number): number[][] {
  const matrix = Array.from({ length: classes }, () => Array.from({ length: classes }, () => 0));
  for (const { truth, guess } of clips) {
    const row = matrix[truth];
    if (row !== undefined) row[guess] = (row[guess] ?? 0) + 1;
  }
  return matrix;
}
