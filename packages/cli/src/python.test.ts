import { readAudio } from '@asc/data';
import { encodeOnnx, OnnxRunner, type OnnxModel } from '@asc/onnx';
import { toFloat16 } from '@asc/quantize';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { execFileSync, spawnSync } from 'node:child_process';
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { exportRun, loadRun } from './line/load-run.js';
import { openRecipeDataset } from './line/open-dataset.js';
import { quantizeModel } from './line/quantize-model.js';
import { runTraining } from './line/run-training.js';
import { tinyRuns, type TinyRuns } from './tiny-runs.test.helper.js';

const SCRIPT = fileURLToPath(new URL('../../../golden/make/posteriors_in_python.py', import.meta.url));
/** `ASC_PYTHON`, or the one in the path, where it has what is needed. */
const python = [process.env['ASC_PYTHON'], 'python3'].find(
  (program) => program && spawnSync(program, ['-c', 'import onnx, onnxruntime']).status === 0,
);

interface Said {
  readonly irVersion: number;
  readonly opset: number;
  readonly posteriors: readonly (readonly number[])[];
}

const title = 'the files of a trained run in Python';
if (python === undefined) {
  describe(title, () => {
    it.skip('skipped: no Python with onnx and onnxruntime; name one in ASC_PYTHON', () => {});
  });
} else {
  describe(title, () => {
    let tiny: TinyRuns;
    let samples: Float32Array;
    let window: number;
    let count: number;
    const files: Record<string, OnnxModel> = {};
    let said: Record<string, Said>;

    beforeAll(async () => {
      tiny = await tinyRuns();
      const at = (name: string): string => join(tiny.path, name);
      const recipe = tiny.recipe({ optimiser: { kind: 'adam', learningRate: 1e-2 }, epochs: 2 });
      await runTraining(recipe, { out: at('run') });
      const run = await loadRun(at('run'));
      const dataset = await openRecipeDataset(recipe.dataset);
      const model = exportRun(run, 'waveform');
      const card = { ...run.card, input: 'waveform' as const };
      files['float32'] = model;
      files['float16'] = toFloat16(model);
      files['int8'] = (await quantizeModel({ model, card }, { clips: dataset.split(1, 'train') })).model;
      const { clipSamples, sampleRateHz } = card;
      const clips = Array.from(dataset.split(1, 'evaluate'));
      [window, count] = [clipSamples, clips.length];
      samples = new Float32Array(count * window);
      for (const [i, { path }] of clips.entries()) {
        const heard = await readAudio(path, { sampleRateHz });
        samples.set(heard.samples.subarray(0, window), i * window);
      }
      writeFileSync(at('samples.f32'), samples);
      for (const [name, each] of Object.entries(files)) writeFileSync(at(`${name}.onnx`), encodeOnnx(each));
      const paths = Object.keys(files).map((name) => at(`${name}.onnx`));
      const told = execFileSync(python, [SCRIPT, at('samples.f32'), ...paths], { encoding: 'utf8' });
      said = JSON.parse(told) as Record<string, Said>;
    });
    afterAll(() => tiny.remove());

    it.each(['float32', 'float16', 'int8'])('pass onnx.checker and say the same as here: %s', async (name) => {
      const { irVersion, opset, posteriors } = said[name]!;
      expect(irVersion).toBeLessThanOrEqual(8);
      expect(opset).toBeLessThanOrEqual(18);
      const runner = await OnnxRunner.create(files[name]!);
      const input = files[name]!.inputs[0]!.name;
      let [worst, different] = [0, 0];
      for (let i = 0; i < count; i++) {
        const data = samples.slice(i * window, (i + 1) * window);
        const { probabilities } = await runner.run({ [input]: { dtype: 'float32', shape: [1, window], data } });
        const own = Array.from(probabilities!.data, Number);
        own.forEach((value, k) => (worst = Math.max(worst, Math.abs(value - posteriors[i]![k]!))));
        own.forEach((value, k) => (different = Math.max(different, Math.abs(value - posteriors[0]![k]!))));
      }
      await runner.release();
      expect(posteriors).toHaveLength(count);
      expect(worst).toBeLessThan(1e-4);
      // Or nothing was compared: recordings that all sound alike.
      expect(different).toBeGreaterThan(1e-3);
    });
  });
}
