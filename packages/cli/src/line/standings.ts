import type { ModelCard } from '@asc/core';
import type { ComplexityRule } from '@asc/models';
import { formatCount } from '../terminal/format.js';
import type { OnnxComplexity } from './onnx-complexity.js';

/** A limit of an edition, and how a network stands to it. */
export interface Standing {
  readonly rule: string;
  readonly storage: string;
  readonly passes: boolean;
  readonly overBytes: number;
  readonly overMacs: number;
  /** The edition wants the parameters stored another way. */
  readonly wants?: string;
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
    const allowed = rule.storages.some((each) => each === storage);
    const passes = allowed && overBytes + overMacs === 0;
    const wants = allowed ? {} : { wants: rule.storages.join(' or ') };
    return { rule: rule.name, storage, passes, overBytes, overMacs, ...wants };
  });
  return { macsPerSecond, storage, standings };
}

/** `pass`, or by how much not. */
export function verdictOf({ passes, overBytes, overMacs, wants }: Standing): string {
  const over = [
    ...(wants === undefined ? [] : [`${wants} is asked for`]),
    ...(overBytes > 0 ? [`${formatCount(overBytes)} bytes over`] : []),
    ...(overMacs > 0 ? [`${formatCount(overMacs)} MACs over`] : []),
  ];
  return passes ? 'pass' : `no: ${over.join(', ')}`;
}
