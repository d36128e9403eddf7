import { createRng, ndArray, sizeOf } from '@asc/core';
import { generateSyntheticScenes } from '@asc/data';
import type { OnnxModel } from '@asc/onnx';
import { QUANTIZATION_SCHEMES, quantizeStatic, toFloat16 } from '@asc/quantize';
import { namedWeights, parseRecipe } from '@asc/train';
import { afterAll, beforeAll, expect, it } from '@jest/globals';
import { join } from 'node:path';
import { asc, temporaryFolder, TINY_RECIPE } from './asc.test.helper.js';
import { exportRun, loadRun, type LoadedRun } from './line/load-run.js';
import { onnxComplexity } from './line/onnx-complexity.js';
import { runTraining } from './line/run-training.js';

const folder = temporaryFolder();
const runFolder = join(folder.path, 'run');
let run: LoadedRun;
let exported: OnnxModel;

beforeAll(async () => {
  const root = join(folder.path, 'scenes');
  await generateSyntheticScenes({ out: root, clipsPerScene: 15, clipSeconds: 1 });
  const recipe = parseRecipe({
    ...TINY_RECIPE,
    dataset: { kind: 'synthetic', root },
    pruning: { sparsity: 0.6, scope: 'layer', fromEpoch: 0, toEpoch: 0 },
    epochs: 1,
  });
  await runTraining(recipe, { out: runFolder, threads: 1 });
  run = await loadRun(runFolder);
  exported = exportRun(run, 'features');
});
afterAll(() => folder.remove());

/** Zeros among the kernels that the shipped network has. */
function zeros(): number {
  return namedWeights(run.model.deployed)
    .filter(({ variable }) => variable.rank > 1)
    .reduce((sum, { variable }) => sum + [...variable.dataSync()].filter((value) => value === 0).length, 0);
}

/** Zero means and shifts of norms that stand alone in the graph. */
function zerosOfNorms(): number {
  const norms = exported.nodes.filter(({ op }) => op === 'BatchNormalization');
  const names = [...new Set(norms.flatMap(({ inputs }) => inputs.slice(1)))];
  const values = names.flatMap((name) => Array.from(exported.initializers.get(name)?.data ?? [], Number));
  return values.filter((value) => value === 0).length;
}

const zerosIn = async (model: OnnxModel): Promise<number> => {
  const { parameters, nonZeroParameters } = await onnxComplexity(model);
  return parameters - nonZeroParameters;
};

it('counts the zeros of a pruned run in its graph, exactly, in single and half precision', async () => {
  const kernels = namedWeights(run.model.deployed).filter(({ variable }) => variable.rank > 1);
  expect(zeros()).toBe(kernels.reduce((sum, { variable }) => sum + Math.round(0.6 * variable.size), 0));
  const all = zeros() + zerosOfNorms();
  expect(await zerosIn(exported)).toBe(all);
  expect(await zerosIn(toFloat16(exported))).toBe(all);
  const { code, stdout } = await asc(['complexity', runFolder, '--rule', 'dcase2021', '--json']);
  const said = JSON.parse(stdout) as { parameters: number; nonZeroParameters: number };
  expect([code, said.parameters - said.nonZeroParameters]).toEqual([0, all]);
});

it.each(QUANTIZATION_SCHEMES)('keeps them zero on 8 bits, where small weights join them (%s)', async (scheme) => {
  const [{ name = '', shape = [] } = {}] = exported.inputs;
  const sizes = shape.map((size) => (typeof size === 'number' ? size : 2));
  const x = ndArray('float32', sizes, createRng(1).fillNormal(new Float32Array(sizeOf(sizes))));
  const quantized = await quantizeStatic(exported, [{ [name]: x }], { scheme });
  expect(await zerosIn(quantized)).toBeGreaterThanOrEqual(zeros());
});
