/** How parameters are stored; `int8` has a sign or none, `int8+int32` is a converted file: INT8 weights, INT32 biases, norms folded. */
export type Storage = 'float32' | 'float16' | 'int8' | 'int8+int32';

/** Limits of one edition of DCASE Task 1. */
export interface ComplexityRule {
  readonly name: string;
  /** Storages the edition allows. */
  readonly storages: readonly Storage[];
  readonly maxBytes: number;
  /** For 1 s of sound; absent where the edition sets none. */
  readonly maxMacs?: number;
  /** Numbers that are 0 take no room. */
  readonly countsNonZero: boolean;
  readonly note: string;
}

const UNIFORM: readonly Storage[] = ['float32', 'float16', 'int8'];
const ANY: readonly Storage[] = [...UNIFORM, 'int8+int32'];
const QUANTIZED: readonly Storage[] = ['int8', 'int8+int32'];
const SIZE = { maxBytes: 128_000, maxMacs: 30e6, countsNonZero: false } as const;

/** Official limits, as published with each edition's task description. */
export const COMPLEXITY_RULES: readonly ComplexityRule[] = [
  {
    name: 'dcase2020-1b',
    storages: UNIFORM,
    maxBytes: 500 * 1024,
    countsNonZero: true,
    note: '500 KB of non-zero parameters',
  },
  {
    name: 'dcase2021',
    storages: UNIFORM,
    maxBytes: 128 * 1024,
    countsNonZero: true,
    note: '128 KB of non-zero parameters',
  },
  { name: 'dcase2022', storages: QUANTIZED, ...SIZE, note: '128 K parameters as INT8' },
  { name: 'dcase2023', storages: QUANTIZED, ...SIZE, note: '128 K parameters as INT8' },
  { name: 'dcase2024', storages: ANY, ...SIZE, note: '128 kB, each parameter by its storage' },
  { name: 'dcase2025', storages: ANY, ...SIZE, note: '128 kB, each parameter by its storage' },
];

/** One limit met or missed. */
export interface LimitCheck {
  readonly what: 'bytes' | 'macs';
  readonly value: number;
  readonly limit: number;
  /** How far past the limit; 0 where it is met. */
  readonly overBy: number;
}

/** A network against one rule, its parameters stored one way. */
export interface RuleVerdict {
  readonly rule: string;
  readonly storage: Storage;
  readonly checks: readonly LimitCheck[];
  readonly passes: boolean;
}

/** What a network weighs. */
export interface Weighed {
  readonly parameters: number;
  readonly macs: number;
  readonly bytes: Readonly<Record<Storage, number>>;
  /** Absent: as if none were zero. */
  readonly nonZeroParameters?: number;
}

/** Every allowed storage against a rule. */
export function applyRule(rule: ComplexityRule, network: Weighed): RuleVerdict[] {
  const { parameters, macs, bytes, nonZeroParameters = parameters } = network;
  return rule.storages.map((storage) => {
    const perParameter = bytes[storage] / parameters;
    const size = rule.countsNonZero ? perParameter * nonZeroParameters : bytes[storage];
    const checks = [checkLimit('bytes', size, rule.maxBytes)];
    if (rule.maxMacs !== undefined) checks.push(checkLimit('macs', macs, rule.maxMacs));
    return { rule: rule.name, storage, checks, passes: checks.every((check) => check.overBy === 0) };
  });
}

function checkLimit(what: LimitCheck['what'], value: number, limit: number): LimitCheck {
  return { what, value, limit, overBy: Math.max(0, value - limit) };
}
