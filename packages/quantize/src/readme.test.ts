import { readFileSync } from 'node:fs';
import { mkdtemp, rm, stat } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { expect, test } from '@jest/globals';
import { ndArray, type NdArrays } from '@asc/core';
import { OnnxRunner, readOnnxFile, writeOnnxFile } from '@asc/onnx';
import { quantizationReport, quantizeStatic, toFloat16 } from './index.js';

const GOLDEN = new URL('../../../golden/quantize/', import.meta.url);

test('the README example works as printed', async () => {
  const folder = await mkdtemp(join(tmpdir(), 'asc-quantize-'));
  const all = new Float32Array(Uint8Array.from(readFileSync(new URL('feeds.bin', GOLDEN))).buffer);
  const features = (i: number): Float32Array => all.slice(i * 1152, (i + 1) * 1152);

  const model = await readOnnxFile(fileURLToPath(new URL('float.onnx', GOLDEN)));

  await writeOnnxFile(join(folder, 'model.fp16.onnx'), toFloat16(model));

  async function* clips(): AsyncGenerator<NdArrays> {
    for (let i = 0; i < 4; i++) yield { x: ndArray('float32', [2, 3, 16, 12], features(i)) };
  }
  const int8 = await quantizeStatic(model, clips());
  await writeOnnxFile(join(folder, 'model.int8.onnx'), int8);

  const report = await quantizationReport(model, int8, clips());
  report.sort((a, b) => a.sqnrDb - b.sqnrDb);
  expect(report[0]?.sqnrDb).toBeGreaterThan(25);

  expect((await stat(join(folder, 'model.fp16.onnx'))).size).toBeGreaterThan(0);
  const runner = await OnnxRunner.create(join(folder, 'model.int8.onnx'));
  for await (const clip of clips()) expect((await runner.run(clip))['logits']?.shape).toEqual([2, 5]);
  await runner.release();
  await rm(folder, { recursive: true });
});
