import { describeValue, UsageError, type LabelSpace, type Prediction, type Predictions } from '@asc/core';
import { averagePrecision } from './average-precision.js';
import { checkProbabilities } from './check-posterior.js';

/** How a model of sound events, several at once, did on one set of clips; plain JSON. */
export interface EventReport {
  readonly clips: number;
  /** The events. */
  readonly labels: readonly string[];
  /** Mean of the average precisions of the events that occur. */
  readonly meanAveragePrecision: number;
  /** Of the clips with events, the fraction whose most likely event is one of theirs. */
  readonly accuracy: number;
  /** Mean binary cross-entropy over clips and events, in nats; probabilities clipped to [2^-52, 1 − 2^-52]. */
  readonly logLoss: number;
  readonly events: readonly EventScore[];
}

export interface EventScore {
  readonly event: string;
  /** Clips it is heard in. */
  readonly count: number;
  /** `null` where it is heard in none. */
  readonly averagePrecision: number | null;
}

/**
 * Every metric of a model of sound events on labelled clips. Columns are in the order of `predictions.labels`.
 *
 * @throws UsageError for no rows, labels other than the label space's, an id that occurs twice, a row without events (an empty
 * list is none heard) or with an unknown one, numbers that are not probabilities, and where nothing is heard in any clip.
 */
export function evaluateEvents(predictions: Predictions, labels: LabelSpace): EventReport {
  const events = labels.scenes;
  if (predictions.labels.join('\n') !== events.join('\n') || predictions.rows.length === 0) {
    throw new UsageError({
      what: 'These predictions cannot be evaluated.',
      expected: `rows over the events ${events.join(', ')}`,
      received: `${predictions.rows.length} rows over ${predictions.labels.join(', ')}`,
    });
  }
  const ids = new Set(predictions.rows.map(({ id }) => id));
  if (ids.size < predictions.rows.length) throw new UsageError({ what: 'The id of a clip stands twice.' });
  const heard = predictions.rows.map((row) => heardIn(row, events));
  const scores = events.map((event, y): EventScore => {
    const truth = heard.map((own) => own[y] === true);
    const own = predictions.rows.map(({ probabilities }) => probabilities[y] ?? 0);
    return { event, count: truth.filter(Boolean).length, averagePrecision: averagePrecision(truth, own) };
  });
  const counted = scores.flatMap(({ averagePrecision: area }) => area ?? []);
  if (counted.length === 0) throw new UsageError({ what: 'No event is heard in any of the clips.' });
  const busy = predictions.rows.filter((_, i) => heard[i]?.includes(true));
  const hits = busy.filter(({ probabilities, events: own }) => own?.includes(events[largest(probabilities)] ?? ''));
  const losses = predictions.rows.flatMap(({ probabilities }, i) =>
    probabilities.map((p, y) => -Math.log(clip(heard[i]?.[y] === true ? p : 1 - p))),
  );
  return {
    clips: predictions.rows.length,
    labels: [...events],
    meanAveragePrecision: mean(counted),
    accuracy: hits.length / busy.length,
    logLoss: mean(losses),
    events: scores,
  };
}

function heardIn({ id, events: own, probabilities }: Prediction, events: readonly string[]): boolean[] {
  checkProbabilities(`Clip "${id}"`, probabilities, events.length);
  const stranger = own?.find((event) => !events.includes(event));
  if (own !== undefined && stranger === undefined) return events.map((event) => own.includes(event));
  throw new UsageError({
    what: `Clip "${id}" ${own === undefined ? 'has no events to be judged by' : 'has an unknown event'}.`,
    expected: `a list of events among ${events.join(', ')}`,
    received: describeValue(stranger ?? own),
  });
}

function largest(values: readonly number[]): number {
  return values.reduce((best, value, i) => (value > (values[best] ?? 0) ? i : best), 0);
}

function clip(p: number): number {
  return Math.min(1 - 2 ** -52, Math.max(2 ** -52, p));
}

function mean(values: readonly number[]): number {
  return values.reduce((sum, value) => sum + value, 0) / values.length;
}
