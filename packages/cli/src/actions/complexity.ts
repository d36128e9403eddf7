import { DataError, UsageError, nearestName } from '@asc/core';
import {
  type Accounts,
  blueprint,
  complexity,
  COMPLEXITY_RULES,
  createModel,
  findPreset,
  importWeights,
  pytorchNames,
  type Complexity,
  type ComplexityRule,
  type ModelPreset,
} from '@asc/models';
import { decodeSafetensors } from '@asc/train';
import type { LayersModel } from '@tensorflow/tfjs-layers';
import { readFile, stat } from 'node:fs/promises';
import { join } from 'node:path';
import '../line/tensorflow.js';
import type { CommandResult } from '../command/command-context.js';
import { loadModel } from '../line/load-model.js';
import { macsOfOneSecond } from '../line/macs-of-one-second.js';
import { fileShares, type FileShare } from '../line/file-shares.js';
import { onnxComplexity, type OnnxComplexity } from '../line/onnx-complexity.js';
import { fileStandings, verdictOf, type Standing } from '../line/standings.js';
import { formatBytes, formatCount } from '../terminal/format.js';
import { table } from '../terminal/table.js';
import type { ComplexityCommandOptions } from '../commands/complexity.js';

const COLUMNS = [
  { heading: 'layer' },
  { heading: 'kind' },
  { heading: 'output' },
  { heading: 'parameters', align: 'right' },
  { heading: 'MACs', align: 'right' },
] as const;

/** What the same layers cost in a converted graph. */
const CONVERTED_COLUMNS = [
  { heading: 'float ops', align: 'right' },
  { heading: 'TFLite MACs', align: 'right' },
  { heading: 'TFLite bytes', align: 'right' },
] as const;

/** What a preset, a run or a file costs. */
export async function countComplexity(subject: string, options: ComplexityCommandOptions): Promise<CommandResult> {
  const rules = rulesFor(options.rule);
  if (!(await isTrained(subject))) return ofPreset(subject, rules, options.weights);
  if (options.weights === undefined) return ofFile(subject, rules);
  throw new UsageError({ what: '--weights are for a network by name.', received: `${subject}, which has its own` });
}

/** Whether it is a file or the folder of a run; other folders may have the name of a preset. */
async function isTrained(subject: string): Promise<boolean> {
  if (subject.endsWith('.onnx')) return true;
  const isFile = (path: string): Promise<boolean> =>
    stat(path).then(
      (found) => found.isFile(),
      () => false,
    );
  return (await isFile(subject)) || isFile(join(subject, 'recipe.json'));
}

function rulesFor(name: string | undefined): readonly ComplexityRule[] {
  if (name === undefined) return COMPLEXITY_RULES;
  const names = COMPLEXITY_RULES.map((rule) => rule.name);
  const found = COMPLEXITY_RULES.filter((rule) => rule.name === name);
  if (found.length > 0) return found;
  const nearest = nearestName(name, names);
  throw new UsageError({
    what: `There is no rule "${name}".`,
    expected: `one of ${names.join(', ')}`,
    ...(nearest === undefined ? {} : { hint: `Did you mean "${nearest}"?` }),
  });
}

/** A preset: its own input for the table, one second of sound for the limits, as the rules count. */
async function ofPreset(
  name: string,
  rules: readonly ComplexityRule[],
  weights: string | undefined,
): Promise<CommandResult> {
  const preset = findPreset(name);
  const { deployed } = weights === undefined ? blueprint(name) : createModel(name);
  if (weights !== undefined) await giveWeights(deployed, weights, preset);
  const macsPerSecond = macsOfOneSecond(preset, complexity(deployed).macs);
  const counted = complexity(deployed, { nonZero: weights !== undefined, macsOfOneSecond: macsPerSecond });
  const names = new Set(rules.map((rule) => rule.name));
  const standings = counted.verdicts
    .filter(({ rule }) => names.has(rule))
    .map(({ rule, storage, passes, checks }): Standing => {
      const over = (what: string): number => checks.find((check) => check.what === what)?.overBy ?? 0;
      return { rule, storage, passes, overBytes: over('bytes'), overMacs: over('macs') };
    });
  const { layers, parameters, macs, bytes, accounts, nonZeroParameters } = counted;
  const zeros = nonZeroParameters === undefined ? {} : { nonZeroParameters };
  return {
    json: { name, parameters, ...zeros, macs, macsPerSecond, bytes, accounts, layers, rules: standings },
    text: [
      layerTable(counted),
      '',
      `${formatCount(parameters)} parameters, ${formatCount(macs)} MACs (${formatCount(macsPerSecond)} for 1 s)`,
      ...(nonZeroParameters === undefined ? [] : [`${formatCount(nonZeroParameters)} of the parameters are not 0`]),
      `${formatBytes(bytes.float32)} fp32, ${formatBytes(bytes.float16)} fp16, ${formatBytes(bytes.int8)} int8, ` +
        `${formatBytes(bytes['int8+int32'])} as int8 weights and int32 biases`,
      '',
      accountTable(accounts),
      '',
      standingTable(standings),
    ].join('\n'),
  };
}

/** @throws DataError where the file cannot be read, UsageError where it is of another network. */
async function giveWeights(model: LayersModel, path: string, preset: ModelPreset): Promise<void> {
  const bytes = await readFile(path).catch((cause: unknown) => {
    throw new DataError({ what: `Cannot read the weights ${path}.`, received: describeCause(cause) }, { cause });
  });
  const { tensors } = decodeSafetensors(bytes, path);
  importWeights(model, tensors, preset.pytorchNames?.(model) ?? pytorchNames(model));
}

function describeCause(cause: unknown): string {
  return cause instanceof Error ? cause.message : String(cause);
}

/** A file, or what a run would be exported as: the graph as it is, stored as it is. */
async function ofFile(path: string, rules: readonly ComplexityRule[]): Promise<CommandResult> {
  const { model, card } = await loadModel(path);
  const counted = await onnxComplexity(model);
  const { macsPerSecond, storage, standings } = fileStandings(counted, card, rules);
  const { parameters, nonZeroParameters, macs, bytes, nonZeroBytes, nodes } = counted;
  const shares = fileShares(model, bytes);
  return {
    json: {
      file: path,
      parameters,
      nonZeroParameters,
      macs,
      macsPerSecond,
      bytes,
      nonZeroBytes,
      storage,
      fileBytes: Object.fromEntries(shares.map(({ what, bytes: size }) => [what, size])),
      layers: nodes,
      rules: standings,
    },
    text: [
      nodeTable(counted),
      '',
      `${formatCount(parameters)} parameters, ${formatCount(macs)} MACs (${formatCount(macsPerSecond)} per second of sound)`,
      `${formatBytes(bytes)} of parameters, mostly ${storage}; norms are folded, the front end is not counted`,
      `${formatCount(nonZeroParameters)} of the parameters are not 0 (${formatBytes(nonZeroBytes)})`,
      '',
      shareTable(shares),
      '',
      standingTable(standings),
    ].join('\n'),
  };
}

function layerTable({ layers }: Complexity): string {
  const rows = layers
    .filter(({ parameters, macs, floatOps }) => parameters + macs + floatOps > 0)
    .map(({ name, kind, outputShape, parameters, macs, floatOps, tfliteMacs, tfliteBytes }) => [
      name,
      kind.replace(/^Asc/, ''),
      outputShape.slice(1).join('×'),
      ...[parameters, macs, floatOps, tfliteMacs, tfliteBytes].map(formatCount),
    ]);
  return table([...COLUMNS, ...CONVERTED_COLUMNS], rows);
}

/** The three backends of NeSsi, the challenge's counter. */
function accountTable({ torch, keras, tflite }: Accounts): string {
  const rows = [
    ['torch (torchinfo)', `${formatCount(torch.parameters)} parameters`, formatCount(torch.macs)],
    ['keras (float operations // 2)', `${formatCount(keras.parameters)} parameters`, formatCount(keras.macs)],
    ['tflite (int8, norms folded)', `${formatCount(tflite.bytes)} bytes`, formatCount(tflite.macs)],
  ];
  return table([{ heading: 'counted as' }, { heading: 'size' }, { heading: 'MACs', align: 'right' }], rows);
}

function nodeTable({ nodes }: OnnxComplexity): string {
  const rows = nodes.map(({ name, op, outputShape, parameters, macs }) => [
    name,
    op,
    outputShape.join('×'),
    formatCount(parameters),
    formatCount(macs),
  ]);
  return table(COLUMNS, rows);
}

/** Where the bytes of the file are; the rules count the first line only. */
function shareTable(shares: readonly FileShare[]): string {
  const total = shares.reduce((sum, { bytes }) => sum + bytes, 0);
  const rows = [...shares, { what: 'file', bytes: total }].map(({ what, bytes }) => [what, formatCount(bytes)]);
  return table([{ heading: 'the file holds' }, { heading: 'bytes', align: 'right' }], rows);
}

function standingTable(standings: readonly Standing[]): string {
  const rows = standings.map((standing) => [standing.rule, standing.storage, verdictOf(standing)]);
  return table([{ heading: 'rule' }, { heading: 'stored as' }, { heading: 'verdict' }], rows);
}
