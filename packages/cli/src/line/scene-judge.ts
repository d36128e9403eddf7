import type { FeatureMap, ModelCard, NdArrays, Prediction, Predictions } from '@asc/core';
import { pipeline, workerPool, type LazyList } from '@asc/data';
import { meanOverCrops } from '@asc/evaluate';
import { OnnxRunner, type OnnxModel } from '@asc/onnx';
import { MapJudge } from '@asc/runtime';
import type { TestTime } from './test-time.js';
import type { FeatureRequest, Placement, WindowRequest } from './window-worker.js';

/** Recordings decoded ahead of the graph. */
const AT_ONCE = 4;

/** A recording to judge. */
export interface Candidate {
  readonly id: string;
  readonly path: string;
  readonly scene?: string | undefined;
  readonly events?: readonly string[] | undefined;
  readonly device?: string | undefined;
}

export interface JudgeOptions {
  readonly signal?: AbortSignal;
  readonly onProgress?: (done: number, total: number) => void;
  /** Hears randomly changed copies of every recording, in place of the placement's windows. */
  readonly testTime?: TestTime | undefined;
}

/** A loaded model with the threads that prepare its input. */
export interface SceneJudge {
  readonly card: ModelCard;
  /** The model's inputs for the windows of a recording, in batches. */
  feeds(path: string, placement: Placement): Promise<readonly NdArrays[]>;
  /** The mean posterior (Y) over the windows of every candidate, in order. */
  judge(
    candidates: LazyList<Candidate>,
    placement: Placement,
    options?: JudgeOptions,
  ): AsyncGenerator<Prediction, void, undefined>;
  close(): Promise<void>;
}

/** The maps of a recording's windows, for each input. */
interface Heard {
  readonly first: readonly FeatureMap[];
  readonly second?: readonly FeatureMap[];
}

/** Loads a model into ONNX Runtime, front end in worker threads where the graph does not hold it. */
export async function createSceneJudge(
  model: OnnxModel,
  card: ModelCard,
  options: { readonly workers?: number } = {},
): Promise<SceneJudge> {
  const runner = await OnnxRunner.create(model);
  let maps: MapJudge;
  try {
    maps = new MapJudge(runner, card);
  } catch (error) {
    await runner.release();
    throw error;
  }
  const pool = workerPool(new URL('./window-worker.js', import.meta.url), options);

  /** The windows of a recording, for each input; raw samples are a map of one band. */
  async function windows(path: string, placement: Placement): Promise<Heard> {
    const { sampleRateHz, clipSamples: windowSamples, stereo, patches } = card;
    if (card.input === 'waveform') {
      const request: WindowRequest = { path, sampleRateHz, windowSamples, stereo, placement };
      const heard = await pool.run<Float32Array[]>('sampleWindows', request);
      return { first: heard.map((data) => ({ data, bands: 1, frames: data.length, channels: 1 })) };
    }
    const first = await mapsOf(path, card, placement);
    return patches === undefined ? { first } : { first, second: await mapsOf(path, patches, placement) };
  }

  async function mapsOf(path: string, ends: Pick<ModelCard, 'frontEnd' | 'clipSamples'>, placement: Placement) {
    const { frontEnd, clipSamples: windowSamples } = ends;
    const { sampleRateHz } = frontEnd;
    const request: FeatureRequest = { path, sampleRateHz, windowSamples, stereo: card.stereo, placement, frontEnd };
    return pool.run<FeatureMap[]>('featureWindows', request);
  }

  return {
    card,
    feeds: async (path, placement) => [...maps.feeds(await windows(path, placement))],
    async *judge(candidates, placement, { signal, onProgress, testTime } = {}) {
      let done = 0;
      const prepared = pipeline(candidates, signal === undefined ? {} : { signal }).map(
        async (candidate) => {
          const copies = testTime?.(candidate.id);
          const heard = await windows(candidate.path, copies?.placement ?? placement);
          return { candidate, heard, copies };
        },
        { concurrency: AT_ONCE },
      );
      for await (const { candidate, heard, copies } of prepared) {
        const { id, scene, device, events } = candidate;
        const feeds = maps.feeds({ first: copies?.of(heard.first) ?? heard.first, second: heard.second });
        const rows = await maps.posteriors(feeds);
        const probabilities = meanOverCrops(rows, { independent: card.events === true });
        yield { id, scene, device, ...(events !== undefined && { events }), probabilities };
        onProgress?.(++done, candidates.length);
      }
    },
    async close() {
      await pool.close();
      await runner.release();
    },
  };
}

/** Judges a whole set. */
export async function judgeAll(
  judge: SceneJudge,
  candidates: LazyList<Candidate>,
  placement: Placement,
  options: JudgeOptions = {},
): Promise<Predictions> {
  const rows: Prediction[] = [];
  for await (const row of judge.judge(candidates, placement, options)) rows.push(row);
  return { labels: judge.card.labels.scenes, rows };
}
