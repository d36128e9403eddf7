import { UsageError, nearestName } from '@asc/core';
import { frontEnd, type PresetName } from '@asc/features';
import {
  complexity,
  COMPLEXITY_RULES,
  createModel,
  findPreset,
  type Complexity,
  type ComplexityRule,
} from '@asc/models';
import { stat } from 'node:fs/promises';
import '../line/tensorflow.js';
import type { CommandResult } from '../command/command-context.js';
import { readModelFile } from '../line/load-model.js';
import { onnxComplexity, type OnnxComplexity } from '../line/onnx-complexity.js';
import { formatBytes, formatCount } from '../terminal/format.js';
import { table } from '../terminal/table.js';
import type { ComplexityCommandOptions } from '../commands/complexity.js';

/** A limit of an edition, and how a network stands to it. */
interface Standing {
  readonly rule: string;
  readonly storage: string;
  readonly passes: boolean;
  readonly overBytes: number;
  readonly overMacs: number;
  /** The edition wants the parameters stored another way. */
  readonly wants?: string;
}

const COLUMNS = [
  { heading: 'layer' },
  { heading: 'kind' },
  { heading: 'output' },
  { heading: 'parameters', align: 'right' },
  { heading: 'MACs', align: 'right' },
] as const;

/** What a preset or a file costs. */
export async function countComplexity(subject: string, options: ComplexityCommandOptions): Promise<CommandResult> {
  const rules = rulesFor(options.rule);
  return (await isFile(subject)) ? ofFile(subject, rules) : ofPreset(subject, rules);
}

async function isFile(subject: string): Promise<boolean> {
  if (subject.endsWith('.onnx')) return true;
  return stat(subject).then(
    (found) => found.isFile(),
    () => false,
  );
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
function ofPreset(name: string, rules: readonly ComplexityRule[]): CommandResult {
  const preset = findPreset(name);
  const ends = frontEnd(preset.frontEnd as PresetName);
  const counted = complexity(createModel(name).deployed);
  const second = complexity(createModel(name, { frames: ends.frames(ends.config.sampleRateHz) }).deployed);
  const names = new Set(rules.map((rule) => rule.name));
  const standings = second.verdicts
    .filter(({ rule }) => names.has(rule))
    .map(({ rule, storage, passes, checks }): Standing => {
      const over = (what: string): number => checks.find((check) => check.what === what)?.overBy ?? 0;
      return { rule, storage, passes, overBytes: over('bytes'), overMacs: over('macs') };
    });
  const { layers, parameters, macs, bytes } = counted;
  return {
    json: { name, parameters, macs, macsPerSecond: second.macs, bytes, layers, rules: standings },
    text: [
      layerTable(counted),
      '',
      `${formatCount(parameters)} parameters, ${formatCount(macs)} MACs (${formatCount(second.macs)} for 1 s)`,
      `${formatBytes(bytes.float32)} fp32, ${formatBytes(bytes.float16)} fp16, ${formatBytes(bytes.int8)} int8`,
      '',
      standingTable(standings),
    ].join('\n'),
  };
}

/** A file: the graph as it is, stored as it is. */
async function ofFile(path: string, rules: readonly ComplexityRule[]): Promise<CommandResult> {
  const { model, card } = await readModelFile(path);
  const { clipSamples, sampleRateHz } = card;
  const counted = await onnxComplexity(model);
  const macsPerSecond = Math.round((counted.macs * sampleRateHz) / clipSamples);
  const storage = counted.storages[0] ?? 'float32';
  const standings = rules.map((rule): Standing => {
    const overBytes = Math.max(0, counted.bytes - rule.maxBytes);
    const overMacs = rule.maxMacs === undefined ? 0 : Math.max(0, macsPerSecond - rule.maxMacs);
    const allowed = rule.storages.some((each) => each === storage);
    const passes = allowed && overBytes + overMacs === 0;
    const wants = allowed ? {} : { wants: rule.storages.join(' or ') };
    return { rule: rule.name, storage, passes, overBytes, overMacs, ...wants };
  });
  const { parameters, macs, bytes, nodes } = counted;
  return {
    json: { file: path, parameters, macs, macsPerSecond, bytes, storage, layers: nodes, rules: standings },
    text: [
      nodeTable(counted),
      '',
      `${formatCount(parameters)} parameters, ${formatCount(macs)} MACs (${formatCount(macsPerSecond)} per second of sound)`,
      `${formatBytes(bytes)} of parameters, mostly ${storage}; norms are folded, the front end is not counted`,
      '',
      standingTable(standings),
    ].join('\n'),
  };
}

function layerTable({ layers }: Complexity): string {
  const rows = layers
    .filter(({ parameters, macs }) => parameters + macs > 0)
    .map(({ name, kind, outputShape, parameters, macs }) => [
      name,
      kind.replace(/^Asc/, ''),
      outputShape.slice(1).join('×'),
      formatCount(parameters),
      formatCount(macs),
    ]);
  return table(COLUMNS, rows);
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

function standingTable(standings: readonly Standing[]): string {
  const rows = standings.map(({ rule, storage, passes, overBytes, overMacs, wants }) => {
    const over = [
      ...(wants === undefined ? [] : [`${wants} is asked for`]),
      ...(overBytes > 0 ? [`${formatCount(overBytes)} bytes over`] : []),
      ...(overMacs > 0 ? [`${formatCount(overMacs)} MACs over`] : []),
    ];
    return [rule, storage, passes ? 'pass' : `no: ${over.join(', ')}`];
  });
  return table([{ heading: 'rule' }, { heading: 'stored as' }, { heading: 'verdict' }], rows);
}
