import { DataError, UsageError } from '@asc/core';
import { resample } from '@asc/data';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import { loadClassifier, type Classifier, type SceneDecision, type SceneStream } from './index.js';
import { noise, RATE, tinyBytes, WINDOW } from './tiny-model.test.helper.js';

/** All decisions over `sound` in pieces of these sizes, the rest of it last. */
async function decide(stream: SceneStream, sound: Float32Array, sizes: readonly number[]): Promise<SceneDecision[]> {
  const decisions: SceneDecision[] = [];
  let at = 0;
  for (const size of [...sizes, sound.length]) {
    decisions.push(...(await stream.push(sound.subarray(at, (at += size)))));
  }
  decisions.push(...(await stream.flush()));
  return decisions;
}

const mean = (rows: readonly (readonly number[])[]): number[] =>
  [0, 1, 2].map((y) => rows.reduce((sum, row) => sum + row[y]!, 0) / rows.length);

describe('a stream', () => {
  let classifier: Classifier;
  beforeAll(async () => {
    classifier = await loadClassifier(tinyBytes());
  });
  afterAll(() => classifier.close());

  it.each([
    { sampleRateHz: RATE, hopSamples: 400 },
    { sampleRateHz: RATE, hopSamples: 1100 },
    { sampleRateHz: 11_025, hopSamples: 400 },
  ])('decides as the windows of the whole clip do, whatever the pieces: %j', async ({ sampleRateHz, hopSamples }) => {
    const sound = noise(6000);
    const whole = sampleRateHz === RATE ? sound : resample(sound, sampleRateHz, RATE);
    const ends: number[] = [];
    for (let end = WINDOW; end <= whole.length; end += hopSamples) ends.push(end);
    if (ends.at(-1)! < whole.length) ends.push(whole.length);
    const expected: (readonly number[])[] = [];
    for (const end of ends) {
      const window = { samples: whole.slice(end - WINDOW, end), sampleRateHz: RATE };
      expected.push((await classifier.classify(window)).probabilities);
    }
    const options = { sampleRateHz, hopSeconds: hopSamples / RATE, average: 3 };
    await fc.assert(
      fc.asyncProperty(fc.array(fc.integer({ min: 0, max: 1500 }), { maxLength: 20 }), async (sizes) => {
        const decisions = await decide(classifier.stream(options), sound, sizes);
        expect(decisions.map(({ atSeconds }) => Math.round(atSeconds * RATE))).toEqual(ends);
        // To the bit: windows are judged one at a time, so what else came with them plays no part.
        expect(decisions.map(({ windowProbabilities }) => windowProbabilities)).toEqual(expected);
        decisions.forEach(({ probabilities, skipped }, i) => {
          expect(probabilities).toEqual(mean(expected.slice(Math.max(0, i - 2), i + 1)));
          expect(skipped).toBe(0);
        });
      }),
      { seed: 3, numRuns: 8 },
    );
  });

  it('hears a short sound as classify does, and starts over with the next', async () => {
    const stream = classifier.stream();
    for (const seed of [1, 2]) {
      const samples = noise(300, seed);
      const [decision, ...more] = await decide(stream, samples, [100]);
      const { probabilities, top } = await classifier.classify({ samples, sampleRateHz: RATE });
      expect(decision).toMatchObject({ atSeconds: 300 / RATE, probabilities, top, silent: false });
      expect(more).toEqual([]);
    }
    expect(await stream.flush()).toEqual([]);
    expect([stream.sampleRateHz, stream.windowSeconds, stream.hopSeconds]).toEqual([RATE, 0.1, 1]);
  });

  it('keeps the order of pieces that nobody waited for, and their sound though the array is used again', async () => {
    const sound = noise(4000);
    const patient = await decide(classifier.stream({ hopSeconds: 0.05 }), sound, []);
    const stream = classifier.stream({ hopSeconds: 0.05 });
    const piece = new Float32Array(500);
    const pushed = [];
    for (let at = 0; at < sound.length; at += piece.length) {
      piece.set(sound.subarray(at, at + piece.length));
      pushed.push(stream.push(piece));
    }
    pushed.push(stream.flush());
    expect((await Promise.all(pushed)).flat()).toEqual(patient);
  });

  it('is one of many on one classifier', async () => {
    const sounds = Array.from({ length: 12 }, (_, i) => noise(3000, i));
    const alone = [];
    for (const sound of sounds) alone.push(await decide(classifier.stream({ hopSeconds: 0.1 }), sound, []));
    const streams = sounds.map((sound) => decide(classifier.stream({ hopSeconds: 0.1 }), sound, [700, 1, 900]));
    expect(await Promise.all(streams)).toEqual(alone);
  });

  it('refuses a flood that nobody waits for', async () => {
    const stream = classifier.stream();
    const minute = new Float32Array(60 * RATE);
    const first = stream.push(minute);
    await expect(stream.push(minute)).rejects.toThrow(/at most 60 s waiting, received 120.0 s\n.*live: true/s);
    expect(await first).toHaveLength(60);
    expect(await stream.push(minute)).toHaveLength(60);
  });

  it('skips windows where it is live and behind, and says how many', async () => {
    const stream = classifier.stream({ live: true, hopSeconds: 0.1, average: 1 });
    const sound = noise(8000);
    // All of it comes at once: the first window is judged, the last waits, those between are skipped.
    const decisions = await stream.push(sound);
    expect(decisions.map(({ atSeconds, skipped }) => [atSeconds, skipped])).toEqual([
      [0.1, 0],
      [1, 8],
    ]);
    const { probabilities } = await classifier.classify({ samples: sound.slice(-WINDOW), sampleRateHz: RATE });
    expect(decisions[1]?.probabilities).toEqual(probabilities);
    expect(await stream.flush()).toEqual([]);
  });

  it.each([
    [Float32Array.of(0, NaN), DataError, /received NaN at sample 1/],
    [[0, 0], UsageError, /samples of one channel/],
    [[noise(9), noise(9)], UsageError, /average them/],
    [undefined, UsageError, /expected a Float32Array/],
  ])('refuses piece %#, takes none of it, and goes on', async (piece, kind, message) => {
    const stream = classifier.stream();
    const pushed = stream.push(piece as never);
    await expect(pushed).rejects.toThrow(message);
    await expect(pushed).rejects.toBeInstanceOf(kind);
    const [decision] = await decide(stream, noise(WINDOW), []);
    expect(decision?.atSeconds).toBe(0.1);
  });

  it('takes nothing once closed', async () => {
    const stream = classifier.stream();
    const pushed = stream.push(new Float32Array(30 * RATE));
    stream.close();
    stream.close();
    expect((await pushed).length).toBeLessThan(30);
    await expect(stream.push(noise(9))).rejects.toThrow(/was closed/);
    await expect(stream.flush()).rejects.toThrow(/was closed/);
  });

  it.each([
    [{ hopSeconds: 0 }, /hopSeconds/],
    [{ hopSeconds: NaN }, /hopSeconds/],
    [{ average: 1.5 }, /average/],
    [{ top: 0 }, /top/],
    [{ live: 'yes' }, /live/],
    [{ sampleRateHz: 44_100.5 }, /cannot resample/],
    [{ hopMs: 5 }, /unknown key "hopMs"/],
  ])('refuses options %j', (options, message) => {
    expect(() => classifier.stream(options as never)).toThrow(message);
  });
});
