import type { EventReport, Report } from '@asc/evaluate';
import { encodeOnnx, writeOnnxFile } from '@asc/onnx';
import type { NodeFate } from '@asc/quantize';
import { readRun } from '@asc/train';
import { stat } from 'node:fs/promises';
import { join } from 'node:path';
import type { CommandContext, CommandResult } from '../command/command-context.js';
import { stopOnAbort } from '../command/interrupted-error.js';
import { evaluateModel } from '../line/evaluate-model.js';
import { readModelFile, type LoadedModel } from '../line/load-model.js';
import { makeRoomFor } from '../line/make-room-for.js';
import { quantizeModel, type QuantizedModel } from '../line/quantize-model.js';
import { groundsFor, type Grounds } from '../line/trained-on.js';
import { countingDisplay } from '../terminal/counting-display.js';
import { formatBytes, formatPercent } from '../terminal/format.js';
import { table, type Column } from '../terminal/table.js';
import type { QuantizeCommandOptions } from '../commands/quantize.js';

/** Values shown where most precision was lost. */
const WORST = 5;

/** Makes the int8 form of a file. */
export function quantize(
  file: string,
  options: QuantizeCommandOptions,
  context: CommandContext,
): Promise<CommandResult> {
  return stopOnAbort(context.signal, () => makeInt8(file, options, context));
}

async function makeInt8(
  file: string,
  options: QuantizeCommandOptions,
  { terminal, signal }: CommandContext,
): Promise<CommandResult> {
  const { out, scheme, calibration, keepFloat, rounding, verify = false } = options;
  const { equalise = false, correctBias = false } = options;
  const float = await readModelFile(file);
  const grounds = await groundsOf(options.calibrate, float);
  await makeRoomFor(out);
  const quantized = await quantizeModel(float, {
    clips: grounds.dataset.split(grounds.fold, 'train'),
    method: calibration,
    scheme,
    keepFloat,
    equalise,
    correctBias,
    rounding,
    signal,
    onProgress: countingDisplay(terminal, 'clips calibrated'),
  });
  const score = (loaded: LoadedModel, what: string): Promise<Scored> =>
    evaluateModel(loaded, {
      ...grounds,
      split: 'evaluate',
      signal,
      onProgress: countingDisplay(terminal, `clips judged by ${what}`),
    }).then(({ report }) => report);
  const reports = verify
    ? { before: await score(float, 'the float model'), after: await score(quantized, 'the int8 model') }
    : undefined;
  await writeOnnxFile(out, quantized.model);
  const bytes = { before: encodeOnnx(float.model).length, after: quantized.bytes };
  const { calibrated, errors, fates, ranking } = quantized;
  return {
    json: { file, out, scheme, calibration, rounding, calibrated, bytes, ...reports, errors, nodes: fates, ranking },
    text: describe(out, bytes, reports, quantized),
  };
}

/** A run names its dataset; any other folder is one. */
async function groundsOf(path: string, { card }: LoadedModel): Promise<Grounds> {
  const isRun = await stat(join(path, 'recipe.json')).then(
    () => true,
    () => false,
  );
  if (!isRun) return groundsFor(card, { dataset: path });
  const { recipe } = await readRun(path);
  return groundsFor({ ...card, recipe }, {});
}

type Scored = Report | EventReport;

function describe(
  out: string,
  bytes: { before: number; after: number },
  reports: { before: Scored; after: Scored } | undefined,
  { calibrated, errors, fates, ranking }: QuantizedModel,
): string {
  const row = (name: string, size: number, report: Scored | undefined): string[] => [
    name,
    formatBytes(size),
    ...(report === undefined ? [] : [formatPercent(report.accuracy), report.logLoss.toFixed(3)]),
  ];
  const scores: readonly Column[] = [
    { heading: 'accuracy', align: 'right' },
    { heading: 'log loss', align: 'right' },
  ];
  const columns: readonly Column[] = [
    { heading: 'model' },
    { heading: 'size', align: 'right' },
    ...(reports === undefined ? [] : scores),
  ];
  const worst = [...errors].sort((a, b) => a.sqnrDb - b.sqnrDb).slice(0, WORST);
  const lost = worst.map(({ name, op, sqnrDb }) => [name, op, `${sqnrDb.toFixed(1)} dB`]);
  return [
    `${out}: calibrated on ${calibrated} recordings`,
    table(columns, [row('before', bytes.before, reports?.before), row('int8', bytes.after, reports?.after)]),
    '',
    'where precision went (signal to noise, worst first)',
    table([{ heading: '' }, { heading: '' }, { heading: '', align: 'right' }], lost),
    '',
    ...coverage(fates),
    ...(ranking.length === 0
      ? []
      : ['', 'what 8 bits cost in each layer alone (rise of the squared error of the outputs)']),
    ...ranking.slice(0, WORST).map(({ name, op, drop }) => `  ${name} (${op}): ${drop.toExponential(1)}`),
  ].join('\n');
}

/** How many nodes run on integers, and why the others do not. */
function coverage(fates: readonly NodeFate[]): string[] {
  const count = (fate: NodeFate['fate']): number => fates.filter((node) => node.fate === fate).length;
  const reasons = new Map<string, string[]>();
  for (const { op, why } of fates) if (why !== '') reasons.set(why, [...(reasons.get(why) ?? []), op]);
  return [
    `${count('int8')} nodes on 8 bits, ${count('removed')} done by zero points, ${count('float32')} in float32:`,
    ...[...reasons].map(([why, ops]) => `  ${ops.length} ${why} (${[...new Set(ops)].slice(0, 6).join(', ')})`),
  ];
}
