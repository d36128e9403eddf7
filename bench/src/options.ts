import { checkKeys, UsageError } from '@asc/core';
import { fileURLToPath } from 'node:url';
import { parseArgs } from 'node:util';

export const BENCHES = ['train', 'features', 'extract', 'infer', 'epoch', 'growth'] as const;
export type BenchName = (typeof BENCHES)[number];

export interface BenchOptions {
  readonly bench: BenchName;
  /** Of `train` and `infer`: a preset, or `all` that it knows. */
  readonly network: string;
  /** Of `extract`: a folder of recordings at 44.1 kHz; synthetic ones where it is undefined. */
  readonly recordings: string | undefined;
  /** Of `epoch`: the folder datasets are kept in. */
  readonly data: string | undefined;
  /** Interpreter of the peers; undefined runs our side alone. */
  readonly python: string | undefined;
  /** Folder of the result tables. */
  readonly out: string;
  readonly rounds: number;
  readonly steps: number;
  readonly warmup: number;
  readonly threads: number;
  readonly batch: number;
  readonly bands: number;
  readonly frames: number;
}

const DEFAULTS = {
  /** 0: what the network's publication has. */
  train: { rounds: 5, steps: 4, warmup: 4, threads: 2, batch: 0, bands: 0, frames: 0 },
  /** Batch 0: 1, then 32. */
  infer: { rounds: 10, steps: 20, warmup: 20, threads: 2, batch: 0, bands: 0, frames: 0 },
  extract: { rounds: 5, steps: 2, warmup: 2, threads: 2, batch: 1, bands: 0, frames: 0 },
  growth: { rounds: 1, steps: 8, warmup: 2, threads: 2, batch: 0, bands: 0, frames: 0 },
  epoch: { rounds: 3, steps: 1, warmup: 0, threads: 2, batch: 0, bands: 0, frames: 0 },
  features: { rounds: 10, steps: 5, warmup: 5, threads: 1, batch: 1, bands: 0, frames: 0 },
} as const satisfies Record<BenchName, Record<NumberKey, number>>;

type NumberKey = 'rounds' | 'steps' | 'warmup' | 'threads' | 'batch' | 'bands' | 'frames';

/** What each bench may be told; features are single-threaded and shaped by their presets. */
const NUMBERS = {
  train: ['rounds', 'steps', 'warmup', 'threads', 'batch', 'bands', 'frames'],
  infer: ['rounds', 'steps', 'warmup', 'threads', 'batch', 'bands', 'frames'],
  extract: ['rounds', 'steps', 'warmup', 'threads'],
  growth: ['rounds', 'steps', 'warmup', 'threads', 'batch'],
  epoch: ['rounds', 'steps', 'threads'],
  features: ['rounds', 'steps', 'warmup'],
} as const satisfies Record<BenchName, readonly NumberKey[]>;

const TEXTS: Readonly<Record<BenchName, readonly string[]>> = {
  train: ['network'],
  infer: ['network'],
  extract: ['recordings'],
  features: [],
  epoch: ['data'],
  growth: ['network'],
};

export const HELP = `bench train|features|extract|infer|epoch|growth [--ours] [--rounds N] [--steps N] [--warmup N] [--out DIR]
train and infer also take --threads N, --batch N, --bands N, --frames N
train and infer also take --network NAME|all (default amfm-small)
extract also takes --threads N, --recordings DIR
growth also takes --threads N, --batch N, --network NAME
epoch also takes --threads N, --data DIR (default ASC_DATA_DIR), and no --warmup

Measures this project beside Python on the same machine, in turns; appends to bench/results/*.csv.
ASC_PYTHON names a Python with torch, librosa, soundfile and scipy; without it, or with --ours, our side runs alone.

Example: ASC_PYTHON=~/venv/bin/python npm run bench -- train`;

/** @throws UsageError for an unknown bench or option, or a number that is not one. */
export function parseOptions(args: readonly string[], environment: NodeJS.ProcessEnv): BenchOptions {
  const { values, positionals } = parse(args);
  const bench = BENCHES.find((name) => positionals.length === 1 && name === positionals[0]);
  if (bench === undefined) {
    throw new UsageError({
      what: 'Which bench?',
      expected: BENCHES.join(', '),
      received: positionals.join(' ') || 'nothing',
      hint: 'Example: npm run bench -- train',
    });
  }
  const { ours, out, network, recordings, data, ...given } = values;
  checkKeys(
    `The call of bench ${bench}`,
    Object.fromEntries(Object.entries({ network, recordings, data }).filter(([, value]) => value !== undefined)),
    TEXTS[bench],
  );
  checkKeys(`The call of bench ${bench}`, given, NUMBERS[bench]);
  const numbers = Object.entries(given).map(([key, text]) => [key, toCount(key, text as string)]);
  return {
    bench,
    ...DEFAULTS[bench],
    ...(Object.fromEntries(numbers) as Partial<Record<NumberKey, number>>),
    network: network ?? 'amfm-small',
    recordings,
    data: data ?? (environment['ASC_DATA_DIR'] || undefined),
    python: ours === true ? undefined : environment['ASC_PYTHON'] || undefined,
    out: out ?? fileURLToPath(new URL('../results', import.meta.url)),
  };
}

function parse(args: readonly string[]) {
  const text = { type: 'string' } as const;
  try {
    return parseArgs({
      args: [...args],
      allowPositionals: true,
      options: {
        ours: { type: 'boolean' },
        out: text,
        network: text,
        recordings: text,
        data: text,
        rounds: text,
        steps: text,
        warmup: text,
        threads: text,
        batch: text,
        bands: text,
        frames: text,
      },
    });
  } catch (cause) {
    throw new UsageError({ what: cause instanceof Error ? cause.message : String(cause), hint: HELP }, { cause });
  }
}

function toCount(key: string, text: string): number {
  const value = Number(text);
  const least = key === 'warmup' ? 0 : 1;
  if (/^\d+$/.test(text) && Number.isSafeInteger(value) && value >= least) return value;
  throw new UsageError({ what: `--${key} is not valid.`, expected: `an integer of at least ${least}`, received: text });
}
