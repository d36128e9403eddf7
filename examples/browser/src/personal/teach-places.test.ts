import { describe, expect, it } from '@jest/globals';
import { createRng, DataError, ndArray } from '@asc/core';
import { decodeOnnx, encodeOnnx, getModelCard, OnnxRunner } from '@asc/onnx';
import { toFloat16 } from '@asc/quantize';
import { RATE_HZ, tinyClassifier } from '../tiny-classifier.test.helper.js';
import { withHead, withoutHead } from './model-head.js';
import { columnStatistics, splitRecording } from './places.js';
import { teachPlaces } from './teach-places.js';
import type { OpenGraph } from './train-head.js';

const open: OpenGraph = (bytes) => OnnxRunner.create(bytes, { threads: 1 });

/** Hum of one pitch under noise. */
function place(pitchHz: number, seconds: number): Float32Array {
  const samples = new Float32Array(seconds * RATE_HZ);
  createRng(pitchHz).fillNormal(samples);
  return samples.map((noise, i) => 0.05 * noise + 0.1 * Math.sin((2 * Math.PI * pitchHz * i) / RATE_HZ));
}

describe('teaching places', () => {
  it('ends in a model file that tells them apart, also windows it did not learn from', async () => {
    const model = encodeOnnx(tinyClassifier());
    const shares: number[] = [];
    const places = [
      { name: 'Kitchen', samples: place(300, 8) },
      { name: 'Balcony', samples: place(2000, 8) },
    ];
    const taught = await teachPlaces({ model, places }, open, (share) => shares.push(share));
    expect([taught.learnt, taught.checked, taught.right]).toEqual([22, 6, 6]);
    expect(shares).toEqual(shares.toSorted((a, b) => a - b));
    expect(shares.at(-1)).toBe(1);

    const personal = decodeOnnx(taught.model);
    expect(getModelCard(personal)).toMatchObject({ name: 'tiny-personal', labels: { scenes: ['Kitchen', 'Balcony'] } });
    const runner = await OnnxRunner.create(taught.model, { threads: 1 });
    for (const [index, pitchHz] of [300, 2000].entries()) {
      const waveform = ndArray('float32', [1, RATE_HZ], place(pitchHz, 1));
      const { probabilities } = await runner.run({ waveform });
      expect(probabilities!.data[index]).toBeGreaterThan(0.9);
    }
    await runner.release();
    // Same recordings, same bits.
    expect((await teachPlaces({ model, places }, open)).model).toEqual(taught.model);
  });

  it('refuses a recording that is too short or silent', async () => {
    const model = encodeOnnx(tinyClassifier());
    const good = { name: 'a', samples: place(300, 4) };
    for (const samples of [new Float32Array(0), place(300, 1), new Float32Array(4 * RATE_HZ)]) {
      const lesson = teachPlaces({ model, places: [good, { name: 'b', samples }] }, open);
      await expect(lesson).rejects.toThrow(DataError);
    }
  });
});

describe('another last layer', () => {
  it('with the old weights is the old model', async () => {
    const model = tinyClassifier();
    const weights = [...model.initializers.values()].find(({ shape }) => shape.slice(-2).join() === '16,3')!;
    const head = { weights: weights.data as Float32Array, bias: new Float32Array(3) };
    const again = withHead(model, head, ['x', 'y', 'z']);
    const waveform = ndArray('float32', [1, RATE_HZ], place(500, 1));
    const answers: number[][] = [];
    for (const each of [model, again]) {
      const runner = await OnnxRunner.create(each, { threads: 1 });
      const { probabilities } = await runner.run({ waveform });
      answers.push([...probabilities!.data]);
      await runner.release();
    }
    // A layer of another form adds in another order.
    answers[0]!.forEach((answer, i) => expect(answers[1]![i]).toBeCloseTo(answer, 6));
  });

  it('is put on a model of half precision, too', async () => {
    const places = [300, 2000].map((pitchHz) => ({ name: `${pitchHz} Hz`, samples: place(pitchHz, 4) }));
    const { model } = await teachPlaces({ model: encodeOnnx(toFloat16(tinyClassifier())), places }, open);
    const runner = await OnnxRunner.create(model, { threads: 1 });
    const { probabilities } = await runner.run({ waveform: ndArray('float32', [1, RATE_HZ], place(2000, 1)) });
    expect(probabilities!.data[1]).toBeGreaterThan(0.8);
    await runner.release();
  });

  it('is only put where there is a dense one', () => {
    const model = tinyClassifier();
    expect(withoutHead(model).width).toBe(16);
    const cut = { ...model, nodes: model.nodes.filter(({ op }) => op !== 'MatMul' && op !== 'Gemm') };
    expect(() => withoutHead(cut)).toThrow(/does not end in a dense layer/);
  });
});

describe('windows of a recording', () => {
  it('for learning and for checking share no sample', () => {
    const samples = Float32Array.from({ length: 100 }, (_, i) => i);
    const { learn, check } = splitRecording(samples, 10, 4);
    expect(learn.map(([first]) => first)).toEqual(Array.from({ length: 33 }, (_, i) => 2 * i));
    expect(check.map(([first]) => first)).toEqual([75, 77, 79, 81, 83, 85, 87, 89]);
  });

  it('have statistics by column', () => {
    const { mean, deviation } = columnStatistics(Float32Array.of(1, 5, 3, 5), 2);
    expect([...mean, ...deviation]).toEqual([2, 5, 1, 1]);
  });
});
