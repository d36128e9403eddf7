import {
  checkKeys,
  checkPositiveInteger,
  DataError,
  describeValue,
  UsageError,
  type ModelCard,
  type Waveform,
} from '@asc/core';
import { decodeOnnx, getModelCard } from '@asc/onnx/model';
import { checkSound } from './check-sound.js';
import { classificationOf, type Classification } from './classification.js';
import type { Classifier, ClassifyOptions } from './classifier.js';
import { BATCH_WINDOWS } from './map-judge.js';
import type { LoadOptions, Platform } from './platform.js';
import { openStream } from './scene-stream.js';
import type { JudgedWindow } from './window-judge.js';
import { WorkerClient } from './worker-client.js';
import { windowsOf } from './window.js';

/** Windows a sound is heard in at most: longer ones are sampled evenly. */
export const MOST_WINDOWS = 32;

/**
 * Loads an exported `.onnx` file: by its path (in a page: its address), or its bytes. `file:` and `http(s):` addresses both work
 * in Node.
 *
 * @throws UsageError for wrong options, and where ONNX Runtime is not installed.
 * @throws DataError where the file cannot be read, was not exported by this toolkit, or is refused by ONNX Runtime.
 */
export type LoadClassifier = (file: string | URL | Uint8Array, options?: LoadOptions) => Promise<Classifier>;

/** `loadClassifier` for a place. */
export function classifierLoader(platform: Platform): LoadClassifier {
  return async (file, options = {}) => {
    checkKeys('The options of loadClassifier', options, ['threads', 'wasmPaths', 'startWorker']);
    if (options.threads !== undefined) checkPositiveInteger('threads', options.threads);
    const bytes = await bytesOf(file, platform);
    const card = cardOf(bytes, file);
    const client = new WorkerClient(platform, options);
    try {
      await client.load(bytes, options);
    } catch (error) {
      await client.close();
      throw error;
    }
    return classifier(client, card);
  };
}

async function bytesOf(file: string | URL | Uint8Array, platform: Platform): Promise<Uint8Array> {
  if (file instanceof Uint8Array) return file;
  if (typeof file === 'string' || file instanceof URL) return platform.read(file);
  throw new UsageError({
    what: 'This is no model to load.',
    expected: 'a path, a URL or the bytes of an .onnx file',
    received: describeValue(file),
  });
}

function cardOf(bytes: Uint8Array, file: string | URL | Uint8Array): ModelCard {
  try {
    return getModelCard(decodeOnnx(bytes));
  } catch (cause) {
    if (!(cause instanceof DataError) || file instanceof Uint8Array) throw cause;
    throw new DataError({ ...cause.parts, what: `${file}: ${cause.parts.what}` }, { cause });
  }
}

function classifier(client: WorkerClient, card: ModelCard): Classifier {
  async function classifyAll(
    windows: Iterable<Waveform>,
    { top = 3, signal }: ClassifyOptions,
  ): Promise<Classification> {
    const judged: JudgedWindow[] = [];
    for (const batch of batchesOf(windows)) {
      signal?.throwIfAborted();
      judged.push(...(await client.judge(batch)));
    }
    signal?.throwIfAborted();
    return classificationOf(judged, card, top);
  }
  return {
    card,
    async classify(sound, options = {}) {
      checkClassifyOptions(options);
      return classifyAll(windowsOf(checkSound('The sound', sound), card, MOST_WINDOWS), options);
    },
    async classifyWindows(windows, options = {}) {
      checkClassifyOptions(options);
      if (windows.length === 0) throw new UsageError({ what: 'There are no windows to classify.' });
      windows.forEach((window, i) => checkSound(`Window ${i}`, window));
      // Copies move to the worker, so that the caller's windows stay.
      return classifyAll(copiesOf(windows), options);
    },
    stream: (options = {}) => openStream(client, card, options),
    close: () => client.close(),
  };
}

function checkClassifyOptions(options: ClassifyOptions): void {
  checkKeys('The options of classify', options, ['top', 'signal']);
  if (options.top !== undefined) checkPositiveInteger('top', options.top);
}

function* copiesOf(windows: readonly Waveform[]): Generator<Waveform, void, undefined> {
  for (const { samples, sampleRateHz } of windows) yield { samples: samples.slice(), sampleRateHz };
}

/** Windows are cut a batch at a time: memory is that of a batch, however many there are. */
function* batchesOf(windows: Iterable<Waveform>): Generator<Waveform[], void, undefined> {
  let batch: Waveform[] = [];
  for (const window of windows) {
    batch.push(window);
    if (batch.length < BATCH_WINDOWS) continue;
    yield batch;
    batch = [];
  }
  if (batch.length > 0) yield batch;
}
