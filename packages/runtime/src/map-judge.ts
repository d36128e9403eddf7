import { DataError, type FeatureMap, type ModelCard, type NdArray, type NdArrays } from '@asc/core';
import type { RunnerSpec } from '@asc/onnx/model';

/** Windows judged in one run of the graph. */
export const BATCH_WINDOWS = 16;

/** A loaded graph: that of Node, of a page or of a test. */
export interface GraphRunner {
  readonly inputs: readonly RunnerSpec[];
  readonly outputs: readonly RunnerSpec[];
  run(feeds: NdArrays): Promise<NdArrays>;
}

/** The windows of a recording as the inputs of a model take them; raw samples are a map of one band. */
export interface HeardWindows {
  /** One map a window. */
  readonly first: Iterable<FeatureMap>;
  /** The maps of a network's second input, one a window, or one for all. */
  readonly second?: readonly FeatureMap[] | undefined;
}

/** A scene classifier's graph, asked about the maps of windows: the one way from maps to posteriors. */
export class MapJudge {
  readonly card: ModelCard;
  readonly #runner: GraphRunner;
  readonly #input: string;

  /** @throws DataError where the graph does not have the inputs and the output of a scene classifier. */
  constructor(runner: GraphRunner, card: ModelCard) {
    const output = runner.outputs.find(({ name }) => name === 'probabilities');
    const second = card.patches && runner.inputs.find(({ name }) => name === 'patches');
    const input = runner.inputs.find((each) => each !== second);
    const inputs = card.patches === undefined ? 1 : 2;
    if (input === undefined || runner.inputs.length !== inputs || output === undefined) {
      throw new DataError({
        what: 'This ONNX model is not a scene classifier of this toolkit.',
        expected: `${inputs === 1 ? 'one input' : 'two inputs'} and an output "probabilities"`,
        received: `inputs ${runner.inputs.map(({ name }) => name).join(', ')}; outputs ${runner.outputs.map(({ name }) => name).join(', ')}`,
      });
    }
    this.card = card;
    this.#runner = runner;
    this.#input = input.name;
  }

  /** What the graph takes: batches (B, F, T, C), or (B, S) of raw samples, of at most {@link BATCH_WINDOWS}. */
  *feeds({ first, second }: HeardWindows): Generator<NdArrays, void, undefined> {
    let at = 0;
    for (const batch of batched(first, this.card.input)) {
      const size = batch.shape[0] ?? 0;
      const beside = Array.from({ length: second === undefined ? 0 : size }, (_, i) => second?.[at + i] ?? second?.[0]);
      const [others] = batched(beside as FeatureMap[], 'features');
      yield { [this.#input]: batch, ...(others !== undefined && { patches: others }) };
      at += size;
    }
  }

  /** The posterior (Y) of every window, in order. */
  async posteriors(batches: Iterable<NdArrays>): Promise<number[][]> {
    const rows: number[][] = [];
    const classes = this.card.labels.scenes.length;
    for (const batch of batches) {
      const { probabilities } = await this.#runner.run(batch);
      const flat = probabilities?.data ?? new Float32Array();
      for (let at = 0; at < flat.length; at += classes) rows.push(Array.from(flat.subarray(at, at + classes)));
    }
    return rows;
  }
}

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
    if (chosen.length < BATCH_WINDOWS) continue;
    yield batch();
    chosen = [];
  }
  if (chosen.length > 0) yield batch();
}
