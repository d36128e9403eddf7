/** How a parameter is stored. */
export type Storage = 'float32' | 'float16' | 'int8';
export const BYTES_PER_PARAMETER: Readonly<Record<Storage, number>> = { float32: 4, float16: 2, int8: 1 };

/** Limits of one edition of DCASE Task 1. */
export interface ComplexityRule {
  readonly name: string;
  /** Storages the edition allows. */
  readonly storages: readonly Storage[];
  readonly maxBytes: number;
  /** For 1 s of sound; absent where the edition sets none. */
  readonly maxMacs?: number;
  readonly note: string;
}

const ANY: readonly Storage[] = ['float32', 'float16', 'int8'];

/** Official limits, as published with each edition's task description. */
export const COMPLEXITY_RULES: readonly ComplexityRule[] = [
  {
    name: 'dcase2020-1b',
    storages: ANY,
    maxBytes: 500 * 1024,
    note: '500 KB of non-zero parameters; counted here as if none were zero',
  },
  {
    name: 'dcase2021',
    storages: ANY,
    maxBytes: 128 * 1024,
    note: '128 KB of non-zero parameters; counted here as if none were zero',
  },
  { name: 'dcase2022', storages: ['int8'], maxBytes: 128_000, maxMacs: 30e6, note: '128 K parameters as INT8' },
  { name: 'dcase2023', storages: ['int8'], maxBytes: 128_000, maxMacs: 30e6, note: '128 K parameters as INT8' },
  { name: 'dcase2024', storages: ANY, maxBytes: 128_000, maxMacs: 30e6, note: '128 kB, each parameter by its storage' },
  { name: 'dcase2025', storages: ANY, maxBytes: 128_000, maxMacs: 30e6, note: '128 kB, each parameter by its storage' },
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

/** Every allowed storage against a rule. */
export function applyRule(rule: ComplexityRule, parameters: number, macs: number): RuleVerdict[] {
  return rule.storages.map((storage) => {
    const checks = [checkLimit('bytes', parameters * BYTES_PER_PARAMETER[storage], rule.maxBytes)];
    if (rule.maxMacs !== undefined) checks.push(checkLimit('macs', macs, rule.maxMacs));
    return { rule: rule.name, storage, checks, passes: checks.every((check) => check.overBy === 0) };
  });
}

function checkLimit(what: LimitCheck['what'], value: number, limit: number): LimitCheck {
  return { what, value, limit, overBy: Math.max(0, value - limit) };
}
