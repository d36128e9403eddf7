import { createRng } from '@asc/core';
import { softmax } from '@asc/evaluate';
import '@tensorflow/tfjs-backend-cpu';
import * as tf from '@tensorflow/tfjs-core';
import { describe, expect, test } from '@jest/globals';
import { createPredictor } from './predict-clips.js';
import { stackMaps } from './stack-maps.js';
import { TINY_LABELS, tinyClips, tinyModel } from './tiny-scenes.test.helper.js';

const model = tinyModel({ abstract: true, dropout: 0.5 });
const options = { labels: TINY_LABELS, engine: 'cpu', threads: 1 } as const;

describe('createPredictor', () => {
  test('averages the softmax over the crops of a clip, whatever the batch size', async () => {
    const clips = tinyClips(5, 'multi-crop', 3);
    const expected = clips.map(({ crops }) =>
      tf.tidy(() => {
        const [logits] = [model.predict(tf.tensor(stackMaps(crops).data, [3, 8, 6, 1]))].flat() as tf.Tensor[];
        const rows = (logits as tf.Tensor2D).arraySync().map((row) => Array.from(softmax(row)));
        return [0, 1, 2, 3].map((y) => rows.reduce((sum, row) => sum + (row[y] ?? 0), 0) / 3);
      }),
    );
    for (const batchSize of [1, 4, 15, 64]) {
      const predictor = createPredictor(model, { ...options, batchSize });
      const { labels, rows } = await predictor.predict(() => clips);
      expect(labels).toEqual(TINY_LABELS.scenes);
      expect(rows.map(({ id, scene, device }) => [id, scene, device])).toEqual(
        clips.map(({ id, scene, device }) => [id, scene, device]),
      );
      // Two engines, single precision.
      rows.forEach(({ probabilities }, i) =>
        probabilities.forEach((p, y) => expect(Math.abs(p - (expected[i]?.[y] ?? NaN))).toBeLessThan(1e-5)),
      );
      await predictor.release();
    }
  });

  test('permuting the clips permutes the predictions', async () => {
    const clips = tinyClips(7, 'permuted', 2);
    const order = createRng(1).permutation(clips.length);
    const predictor = createPredictor(model, { ...options, batchSize: 3 });
    const { rows } = await predictor.predict(() => clips);
    const permuted = await predictor.predict(() => Array.from(order, (index) => clips[index]!));
    permuted.rows.forEach(({ id, probabilities }, i) => {
      const before = rows[order[i]!]!;
      expect(id).toBe(before.id);
      // The place in a batch decides which vector instructions a row meets: the last bits may differ.
      probabilities.forEach((p, y) => expect(Math.abs(p - before.probabilities[y]!)).toBeLessThan(1e-6));
    });
    await predictor.release();
  });

  test('refuses no clips, clips without windows, and windows of another shape', async () => {
    const predictor = createPredictor(model, { ...options, batchSize: 4 });
    await expect(predictor.predict(() => [])).rejects.toThrow(/no clips/);
    const [clip] = tinyClips(1, 'x');
    await expect(predictor.predict(() => [{ ...clip!, crops: [] }])).rejects.toThrow(/clip-0 has no windows/);
    const short = { ...clip!.crops[0]!, frames: 3, bands: 16 };
    await expect(predictor.predict(() => [{ ...clip!, crops: [short] }])).rejects.toThrow(
      /A window of clip-0 has the wrong shape.\nexpected \(8, 6, 1\), received \(16, 3, 1\)/,
    );
    await predictor.release();
  });
});
