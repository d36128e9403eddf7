import {
  DataError,
  type FeatureMap,
  type ModelCard,
  type NdArray,
  type NdArrays,
  type Prediction,
  type Predictions,
} from '@asc/core';
import { pipeline, workerPool, type LazyList } from '@asc/data';
import { meanOverCrops } from '@asc/evaluate';
import { OnnxRunner, type OnnxModel } from '@asc/onnx';
import { isSilent } from './is-silent.js';
import type { TestTime } from './test-time.js';
import type { FeatureRequest, Placement, WindowRequest } from './window-worker.js';

/** Windows judged in one run of the graph. */
const BATCH = 16;
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
  /** Told of every recording without a sound, before its posterior comes. */
  readonly onSilence?: (id: string) => void;
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

/** The windows of a recording as the inputs of a model take them. */
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
  const output = runner.outputs.find(({ name }) => name === 'probabilities');
  const second = card.patches && runner.inputs.find(({ name }) => name === 'patches');
  const input = runner.inputs.find((each) => each !== second);
  const inputs = card.patches === undefined ? 1 : 2;
  if (input === undefined || runner.inputs.length !== inputs || output === undefined) {
    await runner.release();
    throw new DataError({
      what: 'This ONNX model is not a scene classifier of this toolkit.',
      expected: `${inputs === 1 ? 'one input' : 'two inputs'} and an output "probabilities"`,
      received: `inputs ${runner.inputs.map(({ name }) => name).join(', ')}; outputs ${runner.outputs.map(({ name }) => name).join(', ')}`,
    });
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

  /** Batches of what each input takes; `first` may be changed copies, one a pass, of one window or of one a pass. */
  function* feedsOf({ first, second }: Heard, changed: Iterable<FeatureMap> = first): Generator<NdArrays> {
    let at = 0;
    for (const batch of batched(changed, card.input)) {
      const size = batch.shape[0] ?? 0;
      const beside = Array.from({ length: second === undefined ? 0 : size }, (_, i) => second?.[at + i] ?? second?.[0]);
      const [others] = batched(beside as FeatureMap[], 'features');
      yield { [input!.name]: batch, ...(others !== undefined && { patches: others }) };
      at += size;
    }
  }

  async function posterior(batches: Iterable<NdArrays>): Promise<number[]> {
    const rows: number[][] = [];
    for (const batch of batches) {
      const { probabilities } = await runner.run(batch);
      const flat = probabilities?.data ?? new Float32Array();
      const classes = card.labels.scenes.length;
      for (let at = 0; at < flat.length; at += classes) rows.push(Array.from(flat.subarray(at, at + classes)));
    }
    return meanOverCrops(rows, { independent: card.events === true });
  }

  return {
    card,
    feeds: async (path, placement) => [...feedsOf(await windows(path, placement))],
    async *judge(candidates, placement, { signal, onProgress, onSilence, testTime } = {}) {
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
        if (onSilence !== undefined && isSilent([...batched(heard.first, card.input)], card.input)) onSilence(id);
        const batches = feedsOf(heard, copies?.of(heard.first));
        yield { id, scene, device, ...(events !== undefined && { events }), probabilities: await posterior(batches) };
        onProgress?.(++done, candidates.length);
      }
    },
    async close() {
      await pool.close();
      await runner.release();
    },
  };
}

/** Windows as batches (B, F, T, C), or (B, S) of raw samples, of at most {@link BATCH}. */
function* batched(windows: Iterable<FeatureMap>, input: ModelCard['input']): Generator<NdArray, void, undefined> {
  let chosen: FeatureMap[] = [];
  const batch = (): NdArray => {
    const [{ bands, frames, channels } = { bands: 0, frames: 0, channels: 0 }] = chosen;
    const size = bands * frames * channels;
    const data = new Float32Array(chosen.length * size);
    chosen.forEach((window, i) => data.set(window.data, i * size));
    const shape = input === 'waveform' ? [frames] : [bands, frames, channels];
    return { dtype: 'float32', shape: [chosen.length, ...shape], data };
  };
  for (const window of windows) {
    chosen.push(window);
    if (chosen.length < BATCH) continue;
    yield batch();
    chosen = [];
  }
  if (chosen.length > 0) yield batch();
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
