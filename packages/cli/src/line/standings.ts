import type { ModelCard } from '@asc/core';
import type { ComplexityRule } from '@asc/models';
import type { OnnxType } from '@asc/onnx';
import { formatCount } from '../terminal/format.js';
import type { OnnxComplexity } from './onnx-complexity.js';

/** A limit of an edition, and how a network stands to it. */
export interface Standing {
  readonly rule: string;
  readonly storage: string;
  readonly passes: boolean;
  readonly overBytes: number;
  readonly overMacs: number;
  /** The edition wants parameters stored another way. */
  readonly wants?: string;
  /** Which ones are not: biases aside, every parameter counts. */
  readonly stray?: string;
}

/** How a file stands to the limits, its parameters stored as they are; MACs are counted for one second of sound. */
export function fileStandings(
  counted: OnnxComplexity,
  { clipSamples, sampleRateHz }: ModelCard,
  rules: readonly ComplexityRule[],
): { readonly macsPerSecond: number; readonly storage: string; readonly standings: readonly Standing[] } {
  const macsPerSecond = Math.round((counted.macs * sampleRateHz) / clipSamples);
  const storage = counted.storages[0] ?? 'float32';
  const standings = rules.map((rule): Standing => {
    const overBytes = Math.max(0, (rule.countsNonZero ? counted.nonZeroBytes : counted.bytes) - rule.maxBytes);
    const overMacs = rule.maxMacs === undefined ? 0 : Math.max(0, macsPerSecond - rule.maxMacs);
    const strays = counted.weights.filter((each) => !allows(rule, each.storage));
    const passes = strays.length === 0 && overBytes + overMacs === 0;
    const wants =
      strays.length === 0 ? {} : { wants: rule.storages.join(' or '), stray: strays.map(strayText).join(', ') };
    return { rule: rule.name, storage, passes, overBytes, overMacs, ...wants };
  });
  return { macsPerSecond, storage, standings };
}

/** Eight bits are eight bits, with a sign or without. */
function allows({ storages }: ComplexityRule, storage: OnnxType): boolean {
  const named = storage === 'uint8' ? 'int8' : storage;
  return storages.some((each) => each === named);
}

function strayText({ storage, parameters }: OnnxComplexity['weights'][number]): string {
  return `${formatCount(parameters)} parameters are ${storage}`;
}

/** `pass`, or by how much not. */
export function verdictOf({ passes, overBytes, overMacs, wants, stray }: Standing): string {
  const over = [
    ...(wants === undefined ? [] : [`${wants} is asked for, ${stray}`]),
    ...(overBytes > 0 ? [`${formatCount(overBytes)} bytes over`] : []),
    ...(overMacs > 0 ? [`${formatCount(overMacs)} MACs over`] : []),
  ];
  return passes ? 'pass' : `no: ${over.join(', ')}`;
}
