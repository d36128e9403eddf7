import { encodeOnnx, writeOnnxFile } from '@asc/onnx';
import { toFloat16 } from '@asc/quantize';
import { Option, type Command } from 'commander';
import type { CommandResult } from '../command/command-context.js';
import { subcommand, type CommonOptions, type Performer } from '../command/handle.js';
import { exportRun, loadRun } from '../line/load-run.js';
import { formatBytes } from '../terminal/format.js';

interface ExportOptions extends CommonOptions {
  readonly out: string;
  readonly input: 'waveform' | 'features';
  readonly fp16?: boolean;
}

/** `asc export`: a run becomes one file that needs nothing else. */
export function addExportCommand(program: Command, perform: Performer): void {
  subcommand(
    program,
    'export <RUN>',
    'write a run as one ONNX file that knows its labels, sample rate and front end',
    'asc export runs/amfm -o amfm.onnx\nasc export runs/amfm -o amfm.fp16.onnx --input features --fp16',
  )
    .requiredOption('-o, --out <FILE>', 'the .onnx file to write')
    .addOption(
      new Option('--input <KIND>', 'what the file takes: raw samples (front end inside) or feature maps')
        .choices(['waveform', 'features'])
        .default('waveform'),
    )
    .option('--fp16', 'store the weights in half precision')
    .action((run: string, options: ExportOptions) => perform(options, () => exportFile(run, options)));
}

async function exportFile(folder: string, options: ExportOptions): Promise<CommandResult> {
  const { out, input, fp16 = false } = options;
  const run = await loadRun(folder);
  const exported = exportRun(run, input);
  const model = fp16 ? toFloat16(exported) : exported;
  await writeOnnxFile(out, model);
  const bytes = encodeOnnx(model).length;
  const { clipSamples, sampleRateHz, labels } = run.card;
  const takes = input === 'waveform' ? `${clipSamples} samples at ${sampleRateHz} Hz` : 'feature maps';
  return {
    json: {
      run: folder,
      out,
      input,
      weights: fp16 ? 'float16' : 'float32',
      bytes,
      epochs: run.epoch,
      labels: labels.scenes,
    },
    text: `${out}: ${formatBytes(bytes)}, takes ${takes}, tells ${labels.scenes.length} scenes; weights after ${run.epoch} epochs`,
  };
}
