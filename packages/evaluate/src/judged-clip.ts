import { describeValue, nearestName, UsageError, type Predictions } from '@asc/core';
import { checkPosterior } from './check-posterior.js';

/** One prediction, checked, beside the truth; classes in the order asked for. */
export interface JudgedClip {
  readonly id: string;
  readonly device: string | undefined;
  /** Index of the true scene. */
  readonly truth: number;
  /** Index of the largest posterior, the first of equals. */
  readonly guess: number;
  /** (Y) in the order of the scenes asked for. */
  readonly posterior: Float64Array;
}

/**
 * Checks predictions and brings their columns into the order of `scenes`.
 *
 * @throws UsageError naming the clip: no rows, labels that are not exactly `scenes`, an id that is empty or occurs twice,
 * an unlabelled row, an unknown scene, a device that is not a string, or a row
 * that is not a posterior.
 */
export function judgeClips(predictions: Predictions, scenes: readonly string[]): JudgedClip[] {
  checkStructure(predictions);
  const { labels, rows } = predictions;
  const columns = columnsOf(labels, scenes);
  if (rows.length === 0) {
    throw new UsageError({
      what: 'There are no predictions to evaluate.',
      expected: 'at least one row',
      received: 'none',
    });
  }
  const indices = new Map(scenes.map((scene, i) => [scene, i]));
  const seen = new Set<string>();
  return rows.map(({ id, scene, device, probabilities }, row) => {
    if (typeof id !== 'string' || id === '' || seen.has(id)) {
      throw new UsageError({
        what: `Row ${row} of the predictions has ${seen.has(id) ? 'the id of an earlier row' : 'no id'}.`,
        expected: 'one row for each clip, with a unique id',
        received: describeValue(id),
        ...(seen.has(id) ? { hint: 'Average the crops of a clip with meanOverCrops() first.' } : {}),
      });
    }
    seen.add(id);
    const truth = scene === undefined ? undefined : indices.get(scene);
    if (truth === undefined) throw wrongScene(id, scene, scenes);
    if (typeof (device ?? '') !== 'string') {
      throw new UsageError({
        what: `Clip "${id}" has a device that is not a name.`,
        expected: 'a string, or nothing where it is not known',
        received: describeValue(device),
      });
    }
    checkPosterior(`Clip "${id}"`, probabilities, scenes.length);
    const posterior = Float64Array.from(columns, (column) => probabilities[column] ?? 0);
    // Predictions read from JSON may say null where a device is not known.
    return { id, device: device ?? undefined, truth, guess: largest(posterior), posterior };
  });
}

/** Predictions often come from a JSON file: refuses what is not even shaped like them. */
function checkStructure(predictions: Predictions): void {
  const isObject = (value: unknown): boolean => typeof value === 'object' && value !== null;
  const whole = isObject(predictions) && Array.isArray(predictions.labels) && Array.isArray(predictions.rows);
  const bad = whole ? predictions.rows.findIndex((row) => !isObject(row)) : -1;
  if (whole && bad === -1) return;
  throw new UsageError({
    what: whole ? `Row ${bad} of the predictions is not an object.` : 'These are not predictions.',
    expected: whole ? '{ id, scene, device, probabilities }' : '{ labels: […], rows: […] }',
    received: describeValue(whole ? predictions.rows[bad] : predictions),
  });
}

/** For each scene, its column among `labels`. */
function columnsOf(labels: readonly string[], scenes: readonly string[]): number[] {
  const columns = scenes.map((scene) => labels.indexOf(scene));
  const missing = scenes.find((_, i) => columns[i] === -1);
  const unknown = labels.find((label, i) => !scenes.includes(label) || labels.indexOf(label) !== i);
  if (missing === undefined && unknown === undefined) return columns;
  throw new UsageError({
    what:
      missing === undefined
        ? `The predictions have a label that is unknown or occurs twice: ${describeValue(unknown)}.`
        : `The predictions have no column for the scene "${missing}".`,
    expected: scenes.join(', '),
    received: labels.join(', '),
  });
}

function wrongScene(id: string, scene: unknown, scenes: readonly string[]): UsageError {
  if (scene === undefined || scene === null) {
    return new UsageError({
      what: `Clip "${id}" has no label, so it cannot be judged.`,
      expected: 'the true scene of every clip',
      received: 'none',
      hint: 'Evaluate a labelled split, or leave this clip out.',
    });
  }
  const nearest = typeof scene === 'string' ? nearestName(scene, scenes) : undefined;
  return new UsageError({
    what: `Clip "${id}" is labelled with an unknown scene.`,
    expected: `one of ${scenes.join(', ')}`,
    received: describeValue(scene),
    ...(nearest === undefined ? {} : { hint: `Did you mean "${nearest}"?` }),
  });
}

/** Index of the largest value, the first of equals. */
export function largest(values: ArrayLike<number>): number {
  let best = 0;
  for (let i = 1; i < values.length; i++) if ((values[i] ?? 0) > (values[best] ?? 0)) best = i;
  return best;
}
