import type { ClipInfo, NdArrays } from '@asc/core';
import type { ClipList } from '@asc/data';
import { encodeOnnx, setModelCard, type OnnxModel } from '@asc/onnx';
import { quantizationReport, quantizeStatic, type ValueError } from '@asc/quantize';
import type { LoadedModel } from './load-model.js';
import { createSceneJudge } from './scene-judge.js';

/** Recordings that tell the ranges of the activations. */
const CALIBRATION_CLIPS = 100;
/** Recordings that tell where precision was lost: every value inside the graph is compared. */
const REPORT_CLIPS = 4;

export interface QuantizeModelOptions {
  /** Recordings of the training side; an even choice of them is used. */
  readonly clips: ClipList;
  readonly method: 'minmax' | 'percentile';
  readonly signal?: AbortSignal;
  readonly onProgress?: (done: number, total: number) => void;
}

export interface QuantizedModel extends LoadedModel {
  readonly bytes: number;
  /** How many recordings were used. */
  readonly calibrated: number;
  /** Signal-to-noise ratio of every value, in graph order. */
  readonly errors: readonly ValueError[];
}

/** The same model in int8, its activations calibrated on real recordings. */
export async function quantizeModel(
  { model, card }: LoadedModel,
  options: QuantizeModelOptions,
): Promise<QuantizedModel> {
  const { method, signal, onProgress } = options;
  const clips = evenly(options.clips, CALIBRATION_CLIPS);
  const judge = await createSceneJudge(model, card);
  try {
    async function* feeds(chosen: readonly ClipInfo[], told = false): AsyncGenerator<NdArrays> {
      for (const [done, { path }] of chosen.entries()) {
        signal?.throwIfAborted();
        const batches = await judge.feeds(path, { kind: 'spread', crops: 1 });
        yield* batches;
        if (told) onProgress?.(done + 1, chosen.length);
      }
    }
    const quantized: OnnxModel = await quantizeStatic(model, feeds(clips, true), { method });
    setModelCard(quantized, card);
    const errors = await quantizationReport(model, quantized, feeds(evenly(clips, REPORT_CLIPS)));
    return { model: quantized, card, bytes: encodeOnnx(quantized).length, calibrated: clips.length, errors };
  } finally {
    await judge.close();
  }
}

/** At most `count` clips, evenly spaced. */
function evenly(clips: ClipList, count: number): readonly ClipInfo[] {
  if (clips.length <= count) return [...clips];
  return Array.from({ length: count }, (_, i) => clips.at(Math.floor((i * clips.length) / count)) as ClipInfo);
}
