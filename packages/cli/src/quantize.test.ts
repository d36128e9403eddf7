import { exportOnnx, readOnnxFile, writeOnnxFile, type OnnxModel } from '@asc/onnx';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { asc } from './asc.test.helper.js';
import { onnxComplexity } from './line/onnx-complexity.js';
import { openDataset } from './line/open-dataset.js';
import { recipeCard, recipeModel } from './line/prepare-model.js';
import { distance, judged, tinyRuns, type TinyRuns } from './tiny-runs.test.helper.js';

let tiny: TinyRuns;
const at = (name: string): string => join(tiny.path, name);
const quantize = (...words: string[]) => asc(['quantize', at('float.onnx'), '-o', at('out.onnx'), ...words]);
const scalesOf = ({ initializers }: OnnxModel): string =>
  JSON.stringify(
    [...initializers.values()].filter(({ shape }) => shape.length === 0).map(({ data }) => [...data].map(Number)),
  );

beforeAll(async () => {
  tiny = await tinyRuns();
  const recipe = tiny.recipe({});
  const card = recipeCard(recipe, (await openDataset(tiny.scenes)).labels);
  await writeOnnxFile(at('float.onnx'), exportOnnx(recipeModel(recipe, card).deployed, { card }));
});
afterAll(() => tiny.remove());

describe('asc quantize --dynamic', () => {
  it('writes integer weights without a recording, and scores both models on the set of the recipe', async () => {
    const { code, stdout, stderr } = await quantize('--dynamic', '--verify', '--json');
    expect([code, stderr]).toEqual([0, '']);
    const told = JSON.parse(stdout) as { dynamic: boolean; layers: number; bytes: { before: number; after: number } };
    const model = await readOnnxFile(at('out.onnx'));
    const integers = model.nodes.filter(({ op }) => op === 'ConvInteger' || op === 'MatMulInteger');
    const clips = (await openDataset(tiny.scenes)).split(1, 'evaluate').length;
    expect(told).toMatchObject({ dynamic: true, layers: integers.length, before: { clips }, after: { clips } });
    expect(integers.length).toBeGreaterThan(3);
    const [float, dynamic] = [await onnxComplexity(await readOnnxFile(at('float.onnx'))), await onnxComplexity(model)];
    expect(dynamic.parameters).toBe(float.parameters);
    expect(distance(await judged(at('out.onnx')), await judged(at('float.onnx')))).toBeLessThan(0.05);
  });

  it.each([
    ['--calibrate', 'set'],
    ['--scheme', 's8s8'],
    ['--calibration', 'mse'],
    ['--percentile', '99'],
    ['--rounding', 'adaptive'],
    ['--keep-float', '2'],
    ['--equalise'],
    ['--correct-bias'],
  ])('refuses %s', async (...words) => {
    const { code, stderr } = await quantize('--dynamic', ...words);
    expect(code).toBe(2);
    expect(stderr).toContain(`'--dynamic' cannot be used with option '${words[0]}`);
  });
});

describe('asc quantize', () => {
  it('wants recordings, or --dynamic', async () => {
    const { code, stderr } = await quantize();
    expect(code).toBe(2);
    expect(stderr).toMatch(/--calibrate DIR or RUN[^]*--dynamic/);
  });

  it('takes the share of --percentile for the ranges, and refuses it where they are told otherwise', async () => {
    const scales = [];
    for (const percent of ['99.999', '90']) {
      const words = ['--calibrate', tiny.scenes, '--calibration', 'percentile', '--percentile', percent];
      expect(await quantize(...words)).toMatchObject({ code: 0, stderr: '' });
      scales.push(scalesOf(await readOnnxFile(at('out.onnx'))));
    }
    expect(scales[0]).not.toBe(scales[1]);
    for (const words of [[], ['--calibration', 'mse']]) {
      const { code, stderr } = await quantize('--calibrate', tiny.scenes, '--percentile', '99', ...words);
      expect(code).toBe(2);
      expect(stderr).toContain('--calibration percentile');
    }
    const below = await quantize('--calibrate', tiny.scenes, '--calibration', 'percentile', '--percentile', '20');
    expect(below.code).toBe(2);
    expect(existsSync(at('out.onnx'))).toBe(true);
  });
});
