import { DataError } from '@asc/core';
import { copyFile, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { createRequire } from 'node:module';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { Chromium, findChromium } from '../headless/chromium.js';
import { serveSite } from './serve-site.js';

/** How often models are run: by turns, `runs` in a row, `rounds` times. */
export interface Timing {
  readonly rounds: number;
  readonly runs: number;
}

/** Milliseconds of a run in a page. */
export interface PageTimes {
  readonly browser: string;
  /** Median over the rounds, of each file. */
  readonly milliseconds: readonly number[];
}

const RUNTIME = 'ort.wasm.bundle.min.mjs';
const WASM = 'ort-wasm-simd-threaded.wasm';

/**
 * Runs ONNX files by turns in a page of a headless Chromium, on one thread of ONNX Runtime's WebAssembly, a batch of one at a
 * time and zeros as input.
 *
 * @throws DataError where there is no Chromium.
 */
export async function timeInPage(files: readonly string[], { rounds, runs }: Timing): Promise<PageTimes> {
  const program = findChromium();
  if (program === undefined) {
    throw new DataError({ what: 'There is no Chromium in the path.', hint: 'Name one: CHROMIUM=/path/to/it' });
  }
  const folder = await mkdtemp(join(tmpdir(), 'asc-time-'));
  const runtime = dirname(createRequire(import.meta.url).resolve('onnxruntime-web/wasm'));
  await copyFile(join(runtime, RUNTIME), join(folder, 'ort.js'));
  await copyFile(join(runtime, WASM), join(folder, WASM));
  for (const [i, file] of files.entries()) await copyFile(file, join(folder, `${i}.onnx`));
  await writeFile(join(folder, 'index.html'), '<!doctype html><title>timing</title>');
  const server = await serveSite(folder);
  // It would open a microphone's recording only if the page listened.
  const chromium = await Chromium.start(program, join(folder, 'silence.wav'));
  try {
    await chromium.open(server.url);
    const milliseconds = await chromium.evaluate<number[]>(`(${measure})(${files.length}, ${rounds}, ${runs})`);
    const { product } = await chromium.send('Browser.getVersion');
    return { browser: String(product), milliseconds };
  } finally {
    await chromium.close();
    await server.close();
    await rm(folder, { recursive: true, force: true });
  }
}

/** What the page does. */
const measure = `async (count, rounds, runs) => {
  const ort = await import('./ort.js');
  ort.env.wasm.numThreads = 1;
  const models = [];
  for (let i = 0; i < count; i++) {
    const session = await ort.InferenceSession.create('./' + i + '.onnx', { executionProviders: ['wasm'] });
    const feeds = {};
    for (const { name, shape } of session.inputMetadata) {
      const sizes = shape.map((size) => (typeof size === 'number' ? size : 1));
      feeds[name] = new ort.Tensor('float32', new Float32Array(sizes.reduce((a, b) => a * b, 1)), sizes);
    }
    models.push({ session, feeds, times: [] });
  }
  for (let round = 0; round <= rounds; round++) {
    for (const { session, feeds, times } of models) {
      const begin = performance.now();
      for (let run = 0; run < runs; run++) await session.run(feeds);
      // The first round warms up.
      if (round > 0) times.push((performance.now() - begin) / runs);
    }
  }
  return models.map(({ times }) => times.sort((a, b) => a - b)[times.length >> 1]);
}`;
