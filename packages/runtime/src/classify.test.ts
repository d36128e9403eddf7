import { DataError, UsageError } from '@asc/core';
import { resample } from '@asc/data';
import { OnnxRunner } from '@asc/onnx';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { loadClassifier, type Classifier } from './index.js';
import { noise, RATE, tinyBytes, tinyModel, WINDOW } from './tiny-model.test.helper.js';

/** The posterior (3) of one window, by the graph alone. */
async function posteriorOf(window: Float32Array): Promise<number[]> {
  const runner = await OnnxRunner.create(tinyModel());
  const { probabilities } = await runner.run({ waveform: { dtype: 'float32', shape: [1, WINDOW], data: window } });
  await runner.release();
  return [...(probabilities?.data ?? [])];
}

function expectClose(actual: readonly number[], expected: readonly number[]): void {
  expect(actual).toHaveLength(expected.length);
  // Batches of another size are summed in another order.
  expected.forEach((value, i) => expect(actual[i]).toBeCloseTo(value, 5));
}

describe('classify', () => {
  let classifier: Classifier;
  beforeAll(async () => {
    classifier = await loadClassifier(tinyBytes());
  });
  afterAll(() => classifier.close());

  it('knows the card, and tells the likeliest scenes of a sound of one window', async () => {
    expect(classifier.card).toMatchObject({ labels: { scenes: ['bus', 'park', 'tram'] }, sampleRateHz: RATE });
    const samples = noise(WINDOW);
    const told = await classifier.classify({ samples, sampleRateHz: RATE }, { top: 2 });
    expectClose(told.probabilities, await posteriorOf(samples));
    expect([told.windows, told.silent, told.top.length]).toEqual([1, false, 2]);
    expect(told.top[0]?.probability).toBe(Math.max(...told.probabilities));
    // The sound moved to no worker.
    expect(samples).toHaveLength(WINDOW);
  });

  it('is the mean over windows that cover a longer sound, and of at most 32 of them', async () => {
    const samples = noise(Math.round(2.5 * WINDOW));
    const windows = [0, 600, 1200].map((start) => samples.slice(start, start + WINDOW));
    const rows = await Promise.all(windows.map(posteriorOf));
    const told = await classifier.classify({ samples, sampleRateHz: RATE });
    expectClose(
      told.probabilities,
      [0, 1, 2].map((y) => rows.reduce((sum, row) => sum + row[y]!, 0) / 3),
    );
    expect(told.windows).toBe(3);
    const given = await classifier.classifyWindows(
      windows.map((each) => ({ samples: each, sampleRateHz: RATE })),
      { top: 3 },
    );
    expect(given).toEqual(told);
    expect((await classifier.classify({ samples: noise(100 * WINDOW), sampleRateHz: RATE })).windows).toBe(32);
  });

  it('starts a short sound over, and changes the rate of each window', async () => {
    const short = noise(300);
    const full = Float32Array.from({ length: WINDOW }, (_, i) => short[i % 300]!);
    const told = await classifier.classify({ samples: short, sampleRateHz: RATE });
    expectClose(told.probabilities, await posteriorOf(full));
    const other = noise(2 * WINDOW);
    const fast = await classifier.classify({ samples: other, sampleRateHz: 2 * RATE });
    expectClose(fast.probabilities, await posteriorOf(resample(other, 2 * RATE, RATE)));
  });

  it('says that a sound is silent', async () => {
    expect((await classifier.classify({ samples: new Float32Array(2000), sampleRateHz: RATE })).silent).toBe(true);
  });

  it.each([
    [{ samples: new Float32Array(), sampleRateHz: RATE }, DataError, /is empty/],
    [{ samples: Float32Array.of(1, NaN), sampleRateHz: RATE }, DataError, /received NaN at sample 1/],
    [{ samples: Float32Array.of(1, Infinity), sampleRateHz: RATE }, DataError, /received Infinity at sample 1/],
    [{ samples: [noise(9), noise(9)], sampleRateHz: RATE }, UsageError, /samples of one channel.*\n.*\n.*average them/],
    [{ samples: new Float64Array(9), sampleRateHz: RATE }, UsageError, /expected a Float32Array/],
    [{ samples: noise(9), sampleRateHz: 0.5 }, UsageError, /sampleRateHz is not valid/],
    [{ samples: noise(9), sampleRateHz: RATE + 1 }, UsageError, /cannot resample 8001 Hz to 8000 Hz/],
    [noise(9), UsageError, /expected \{ samples: Float32Array, sampleRateHz \}/],
    [null, UsageError, /The sound is not valid/],
  ])('refuses sound %#, and goes on', async (sound, kind, message) => {
    const told = classifier.classify(sound as never);
    await expect(told).rejects.toThrow(message);
    await expect(told).rejects.toBeInstanceOf(kind);
    expect((await classifier.classify({ samples: noise(9), sampleRateHz: RATE })).windows).toBe(1);
  });

  it('refuses wrong options, no windows, and stops where it is told to', async () => {
    const sound = { samples: noise(9), sampleRateHz: RATE };
    await expect(classifier.classify(sound, { top: 0 })).rejects.toThrow(/top is not valid/);
    await expect(classifier.classify(sound, { tops: 1 } as never)).rejects.toThrow(/Did you mean "top"/);
    await expect(classifier.classifyWindows([])).rejects.toThrow(/no windows/);
    await expect(classifier.classify(sound, { signal: AbortSignal.abort() })).rejects.toThrow(/aborted/);
  });

  it('computes features in the worker where the graph does not hold them', async () => {
    const maps = await loadClassifier(tinyBytes('features'));
    expect((await maps.classify({ samples: noise(2000), sampleRateHz: RATE })).windows).toBe(3);
    await maps.close();
  });
});

describe('loadClassifier', () => {
  let folder = '';
  beforeAll(async () => {
    folder = await mkdtemp(join(tmpdir(), 'asc-runtime-'));
  });
  afterAll(() => rm(folder, { recursive: true }));

  it('takes a path or a URL', async () => {
    const path = join(folder, 'tiny.onnx');
    await writeFile(path, tinyBytes());
    for (const file of [path, pathToFileURL(path)]) {
      const classifier = await loadClassifier(file, { threads: 1 });
      expect(classifier.card.name).toBe('tiny');
      await classifier.close();
    }
  });

  it('names files and options that are none', async () => {
    const path = join(folder, 'other.onnx');
    await writeFile(path, 'not a model');
    await expect(loadClassifier(join(folder, 'none.onnx'))).rejects.toThrow(/Cannot read .*none.onnx/);
    await expect(loadClassifier(path)).rejects.toThrow(/other.onnx/);
    await expect(loadClassifier(5 as never)).rejects.toThrow(/expected a path, a URL or the bytes/);
    await expect(loadClassifier(tinyBytes(), { threads: 0 })).rejects.toThrow(/threads/);
    await expect(loadClassifier(tinyBytes(), { thread: 1 } as never)).rejects.toThrow(/Did you mean "threads"/);
  });

  it('brings errors of the worker home with their class', async () => {
    const { outputs, ...rest } = tinyModel();
    const renamed = { ...rest, outputs: outputs.map((each) => ({ ...each, name: 'scores' })) };
    const { encodeOnnx } = await import('@asc/onnx/model');
    const loading = loadClassifier(encodeOnnx(renamed));
    await expect(loading).rejects.toThrow(/not a scene classifier/);
    await expect(loading).rejects.toBeInstanceOf(DataError);
  });

  it('closes once or twice; what was in flight and what comes later is told so', async () => {
    const classifier = await loadClassifier(tinyBytes());
    const sound = { samples: noise(100 * WINDOW), sampleRateHz: RATE };
    const inFlight = expect(classifier.classify(sound)).rejects.toThrow(/was closed/);
    await classifier.close();
    await inFlight;
    await classifier.close();
    await expect(classifier.classify(sound)).rejects.toThrow(/was closed/);
  });
});
