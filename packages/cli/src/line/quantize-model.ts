import { UsageError, type ClipInfo, type NdArrays } from '@asc/core';
import type { ClipList } from '@asc/data';
import { encodeOnnx, setModelCard } from '@asc/onnx';
import {
  explainedQuantization,
  outputError,
  quantizationReport,
  rankLayers,
  type CalibrationMethod,
  type LayerSensitivity,
  type NodeFate,
  type QuantizationScheme,
  type QuantizeOptions,
  type ValueError,
} from '@asc/quantize';
import type { LoadedModel } from './load-model.js';
import { createSceneJudge } from './scene-judge.js';

/** Recordings that tell the ranges of the activations. */
const CALIBRATION_CLIPS = 100;
/** Recordings that tell where precision was lost: every value inside the graph is compared. */
const REPORT_CLIPS = 4;
/** Recordings that layers are ranked, biases corrected and weights rounded with: the first runs the network once per layer on each. */
const LAYERWISE_CLIPS = 8;

/** How weights become integers. */
export type Rounding = 'nearest' | 'adaptive';

export interface QuantizeModelOptions {
  /** Recordings of the training side; an even choice of them is used. */
  readonly clips: ClipList;
  readonly method?: CalibrationMethod;
  /** Of the method `percentile`; default 99.999. */
  readonly percentile?: number;
  readonly scheme?: QuantizationScheme;
  /** How many layers stay float32: those that 8 bits cost most. */
  readonly keepFloat?: number;
  readonly equalise?: boolean;
  readonly correctBias?: boolean;
  /** Each weight to the nearest integer (default), or up or down as the error of its layer's outputs is least. */
  readonly rounding?: Rounding;
  readonly signal?: AbortSignal;
  readonly onProgress?: (done: number, total: number) => void;
}

export interface QuantizedModel extends LoadedModel {
  readonly bytes: number;
  /** How many recordings were used. */
  readonly calibrated: number;
  /** Signal-to-noise ratio of every value, in graph order. */
  readonly errors: readonly ValueError[];
  readonly fates: readonly NodeFate[];
  /** Layers by what 8 bits cost in each alone; empty where none were asked to stay float32. */
  readonly ranking: readonly LayerSensitivity[];
}

/** The same model on 8 bits, its activations calibrated on real recordings. */
export async function quantizeModel(
  { model, card }: LoadedModel,
  options: QuantizeModelOptions,
): Promise<QuantizedModel> {
  const { method = 'minmax', scheme = 'u8s8', keepFloat = 0, equalise = false, signal, onProgress } = options;
  const { percentile } = options;
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
    const few: NdArrays[] = [];
    const adaptive = options.rounding === 'adaptive';
    if (keepFloat > 0 || options.correctBias === true || adaptive) {
      for await (const feed of feeds(evenly(clips, LAYERWISE_CLIPS))) few.push(feed);
    }
    const settings: QuantizeOptions = { method, scheme, equalise, ...(percentile !== undefined && { percentile }) };
    const ranking = keepFloat === 0 ? [] : await rankLayers(model, few, await outputError(model, few), settings);
    if (keepFloat > 0 && keepFloat >= ranking.length) {
      throw new UsageError({
        what: 'No layer is left to quantize.',
        expected: `--keep-float below ${ranking.length}, the layers that can be on 8 bits`,
        received: String(keepFloat),
      });
    }
    signal?.throwIfAborted();
    const { model: quantized, fates } = await explainedQuantization(model, feeds(clips, true), {
      ...settings,
      keepFloat: ranking.slice(0, keepFloat).map(({ name }) => name),
      ...(options.correctBias === true ? { correctBiasWith: few } : {}),
      ...(adaptive ? { roundWith: few } : {}),
    });
    setModelCard(quantized, card);
    const errors = await quantizationReport(model, quantized, feeds(evenly(clips, REPORT_CLIPS)));
    const bytes = encodeOnnx(quantized).length;
    return { model: quantized, card, bytes, calibrated: clips.length, errors, fates, ranking };
  } finally {
    await judge.close();
  }
}

/** At most `count` clips, evenly spaced. */
export function evenly(clips: ClipList, count: number): readonly ClipInfo[] {
  if (clips.length <= count) return [...clips];
  return Array.from({ length: count }, (_, i) => clips.at(Math.floor((i * clips.length) / count)) as ClipInfo);
}
