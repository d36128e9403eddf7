import { ndArray } from '@asc/core';
import { decodeOnnx, encodeOnnx, getModelCard } from '@asc/onnx';
import { withHead, withoutHead } from './model-head.js';
import { splitRecording } from './places.js';
import { judgePlaces, STEPS, trainHead, type OpenGraph } from './train-head.js';

/** What to learn: a model file, and a recording (S) of each place at the model's rate. */
export interface Lesson {
  readonly model: Uint8Array;
  readonly places: readonly { readonly name: string; readonly samples: Float32Array }[];
}

/** A model file that tells the places apart, and how many windows kept aside it gets right. */
export interface Taught {
  readonly model: Uint8Array;
  readonly checked: number;
  readonly right: number;
  readonly learnt: number;
}

/** How far the lesson is, from 0 to 1. */
export type OnProgress = (share: number) => void;

/** Hearing the windows takes most of the time. */
const HEARING = 0.8;

/**
 * Trains the last layer of a classifier anew for places of one's own; the rest of the network stays.
 *
 * @throws DataError for a recording that is too short or silent, or a model that does not end in a dense layer.
 */
export async function teachPlaces(lesson: Lesson, open: OpenGraph, onProgress: OnProgress = () => {}): Promise<Taught> {
  const model = decodeOnnx(lesson.model);
  const card = getModelCard(model);
  const splits = lesson.places.map(({ samples }) => splitRecording(samples, card.clipSamples, card.sampleRateHz));
  const windows = splits.flatMap(({ learn, check }) => [...learn, ...check]).length;

  const body = withoutHead(model);
  const [input] = body.model.inputs;
  const network = await open(encodeOnnx(body.model));
  let heard = 0;
  const features = async (list: readonly Float32Array[]): Promise<Float32Array> => {
    const rows = new Float32Array(list.length * body.width);
    for (const [i, window] of list.entries()) {
      const results = await network.run({ [input!.name]: ndArray('float32', [1, window.length], window) });
      rows.set(results['features']!.data, i * body.width);
      onProgress((HEARING * ++heard) / windows);
    }
    return rows;
  };
  const learn: Float32Array[] = [];
  const check: Float32Array[] = [];
  try {
    for (const split of splits) {
      learn.push(await features(split.learn));
      check.push(await features(split.check));
    }
  } finally {
    await network.release();
  }

  const placesOf = (rows: readonly Float32Array[]): number[] =>
    rows.flatMap((each, place) => Array.from({ length: each.length / body.width }, () => place));
  const head = await trainHead({ features: joined(learn), places: placesOf(learn) }, lesson.places.length, {
    open,
    onStep: (step) => onProgress(HEARING + ((1 - HEARING) * step) / STEPS),
  });
  const truth = placesOf(check);
  const names = lesson.places.map(({ name }) => name);
  return {
    model: encodeOnnx(withHead(model, head, names)),
    learnt: windows - truth.length,
    checked: truth.length,
    right: judgePlaces(head, joined(check)).filter((place, i) => place === truth[i]).length,
  };
}

function joined(parts: readonly Float32Array[]): Float32Array {
  const whole = new Float32Array(parts.reduce((length, part) => length + part.length, 0));
  let at = 0;
  for (const part of parts) {
    whole.set(part, at);
    at += part.length;
  }
  return whole;
}
