import { UsageError } from '@asc/core';
import type { EventReport, Report } from '@asc/evaluate';
import { encodeOnnx, writeOnnxFile } from '@asc/onnx';
import { quantizeDynamic, type NodeFate } from '@asc/quantize';
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
  return stopOnAbort(context.signal, () =>
    options.dynamic === true ? makeDynamic(file, options, context) : makeInt8(file, options, context),
  );
}

/** Weights on 8 bits alone: no recordings are needed, unless it is to be verified. */
async function makeDynamic(
  file: string,
  { out, verify = false }: QuantizeCommandOptions,
  context: CommandContext,
): Promise<CommandResult> {
  const float = await readModelFile(file);
  const dynamic = { model: quantizeDynamic(float.model), card: float.card };
  await makeRoomFor(out);
  const reports = verify ? await scoreBoth(float, dynamic, await groundsFor(float.card, {}), context) : undefined;
  await writeOnnxFile(out, dynamic.model);
  const bytes = { before: encodeOnnx(float.model).length, after: encodeOnnx(dynamic.model).length };
  const layers = dynamic.model.nodes.filter(({ op }) => op.endsWith('Integer')).length;
  return {
    json: { file, out, dynamic: true, bytes, ...reports, layers },
    text: [
      `${out}: ${layers} layers with 8-bit weights, whose activations find their range at every run`,
      sizeTable(bytes, reports),
    ].join('\n'),
  };
}

async function makeInt8(
  file: string,
  options: QuantizeCommandOptions,
  context: CommandContext,
): Promise<CommandResult> {
  const { out, scheme, calibration, percentile, keepFloat, rounding, verify = false } = options;
  const { calibrate, equalise = false, correctBias = false } = options;
  if (calibrate === undefined) {
    throw new UsageError({
      what: 'Nothing tells the ranges of the activations.',
      expected: '--calibrate DIR or RUN, whose recordings do',
      hint: 'Without recordings: --dynamic, which is slower.',
    });
  }
  if (percentile !== undefined && calibration !== 'percentile') {
    throw new UsageError({
      what: '--percentile is of one way to calibrate.',
      expected: '--calibration percentile with it',
      received: `--calibration ${calibration}`,
    });
  }
  const float = await readModelFile(file);
  const grounds = await groundsOf(calibrate, float);
  await makeRoomFor(out);
  const quantized = await quantizeModel(float, {
    clips: grounds.dataset.split(grounds.fold, 'train'),
    method: calibration,
    ...(percentile !== undefined && { percentile }),
    scheme,
    keepFloat,
    equalise,
    correctBias,
    rounding,
    signal: context.signal,
    onProgress: countingDisplay(context.terminal, 'clips calibrated'),
  });
  const reports = verify ? await scoreBoth(float, quantized, grounds, context) : undefined;
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
type Reports = { readonly before: Scored; readonly after: Scored };

/** Both models on the held-out side. */
async function scoreBoth(
  float: LoadedModel,
  quantized: LoadedModel,
  grounds: Grounds,
  { terminal, signal }: CommandContext,
): Promise<Reports> {
  const score = async (loaded: LoadedModel, what: string): Promise<Scored> => {
    const onProgress = countingDisplay(terminal, `clips judged by ${what}`);
    return (await evaluateModel(loaded, { ...grounds, split: 'evaluate', signal, onProgress })).report;
  };
  return { before: await score(float, 'the float model'), after: await score(quantized, 'the int8 model') };
}

function sizeTable(bytes: { before: number; after: number }, reports: Reports | undefined): string {
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
  return table(columns, [row('before', bytes.before, reports?.before), row('int8', bytes.after, reports?.after)]);
}

function describe(
  out: string,
  bytes: { before: number; after: number },
  reports: Reports | undefined,
  { calibrated, errors, fates, ranking }: QuantizedModel,
): string {
  const worst = [...errors].sort((a, b) => a.sqnrDb - b.sqnrDb).slice(0, WORST);
  const lost = worst.map(({ name, op, sqnrDb }) => [name, op, `${sqnrDb.toFixed(1)} dB`]);
  return [
    `${out}: calibrated on ${calibrated} recordings`,
    sizeTable(bytes, reports),
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
