import { UsageError } from '@asc/core';
import { encodeOnnx, writeOnnxFile } from '@asc/onnx';
import { toFloat16 } from '@asc/quantize';
import type { CommandResult } from '../command/command-context.js';
import { exportRun, loadRun } from '../line/load-run.js';
import { makeRoomFor } from '../line/make-room-for.js';
import { isQuantized } from '../line/quantized-model.js';
import { formatBytes } from '../terminal/format.js';
import { shellWord } from '../terminal/shell-word.js';
import type { ExportOptions } from '../commands/export.js';

/** Writes a run as one file. */
export async function exportFile(folder: string, options: ExportOptions): Promise<CommandResult> {
  const { out, input, fp16 = false, weights } = options;
  const run = await loadRun(folder, weights === undefined ? {} : { weights });
  const int8 = isQuantized(run.model);
  if (fp16 && int8) {
    throw new UsageError({
      what: `The run ${folder} was trained on 8 bits, and its file holds integers.`,
      expected: 'no --fp16',
      hint: `Export the float32 run it started from: asc export ${shellWord(run.recipe.init?.from ?? 'RUN')} -o FILE.onnx --fp16`,
    });
  }
  const exported = exportRun(run, input);
  const model = fp16 ? toFloat16(exported) : exported;
  await makeRoomFor(out);
  await writeOnnxFile(out, model);
  const bytes = encodeOnnx(model).length;
  const { clipSamples, sampleRateHz, labels } = run.card;
  const takes = input === 'waveform' ? `${clipSamples} samples at ${sampleRateHz} Hz` : 'feature maps';
  return {
    json: {
      run: folder,
      out,
      input,
      weights: int8 ? 'int8' : fp16 ? 'float16' : 'float32',
      checkpoint: run.weights,
      bytes,
      epochs: run.epoch,
      labels: labels.scenes,
    },
    text: `${out}: ${formatBytes(bytes)}, takes ${takes}, tells ${labels.scenes.length} scenes; ${run.weights} weights after ${run.epoch} ${run.epoch === 1 ? 'epoch' : 'epochs'}`,
  };
}
