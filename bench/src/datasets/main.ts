import { AscError, checkPositiveInteger, UsageError } from '@asc/core';
import { datasetEntry } from '@asc/data';
import { spawnSync } from 'node:child_process';
import { existsSync, mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { parseArgs } from 'node:util';
import { describeMachine } from '../machine.js';
import { textTable } from '../text-table.js';
import { EMBEDDINGS } from './audioset-set.js';
import type { ReadSetFigures } from './read-set.js';
import { GENERATED_SETS, writeSet } from './write-set.js';

const HELP = `datasets [--names FILE] [--set NAME] [--clips N]

Generates every published set at full size with tiny recordings in the folder for temporary files (1 GB at a time), reads each
through in a process of its own (load, verify, split, one epoch), prints time and peak memory, and removes them. AudioSet is its
balanced and evaluation lists with a recording of every segment, and their embeddings, read once more; its unbalanced list is left
out: nobody has its two million videos any more. Column facts: published counts that the tables agree with, of those known.
--names  the official names of TAU 2020 Mobile, one a line, instead of names like them
--set    only this set; --clips at most so many clips`;

/** Sizes a set is read at beside all of it. */
const SMALLER: Readonly<Record<string, readonly number[]>> = {
  'tau2020-mobile': [2000],
  'tau2022-mobile': [2000, 23_040],
};

/**
 * V8 lets its heap grow with the work done, however little is alive. So a set is also read with limits that every size lives well
 * within, and the smaller ones as often as it takes to look at as many clips as the whole set has.
 */
const WAYS = [
  { name: 'as Node comes', flags: [], equalWork: false },
  { name: 'equal work', flags: [], equalWork: true },
  { name: '16 MB heap', flags: ['--max-semi-space-size=1', '--max-old-space-size=16'], equalWork: false },
] as const;

function readInChild(...[what, flags, ...words]: readonly [string, readonly string[], ...string[]]): ReadSetFigures {
  const child = fileURLToPath(new URL('child.js', import.meta.url));
  const { status, stdout, stderr } = spawnSync(process.execPath, [...flags, child, what, ...words], {
    encoding: 'utf8',
  });
  if (status !== 0) throw new AscError({ what: `Reading ${words[0]} failed.`, received: stderr });
  return JSON.parse(stdout) as ReadSetFigures;
}

function rowOf(
  set: string,
  run: string,
  { clips, missing, damaged, facts, seconds, peakMb }: ReadSetFigures,
): string[] {
  const told = facts.known === 0 ? '' : `${facts.agree}/${facts.known}`;
  const times = ['load', 'verify', 'epoch'].map((what) => seconds[what]?.toFixed(1) ?? '');
  return [set, run, `${clips}`, `${missing}`, `${damaged}`, told, ...times, peakMb.toFixed(1)];
}

function main(args: readonly string[]): number {
  const { values } = parseArgs({
    args: [...args],
    options: {
      names: { type: 'string' },
      set: { type: 'string' },
      clips: { type: 'string' },
      help: { type: 'boolean' },
    },
  });
  if (values.help === true) {
    console.log(HELP);
    return 0;
  }
  const sets = GENERATED_SETS.filter((name) => values.set === undefined || name === values.set);
  if (sets.length === 0) {
    throw new UsageError({ what: 'Which set?', expected: GENERATED_SETS.join(', '), received: values.set ?? '' });
  }
  const names = values.names === undefined ? undefined : readFileSync(values.names, 'utf8').trim().split(/\s+/);
  const most = values.clips === undefined ? Infinity : checkPositiveInteger('clips', Number(values.clips));
  const { cpu, cores, load, node, commit } = describeMachine();
  console.log(`${cpu}, ${cores} cores, load ${load.toFixed(1)}; Node ${node}, commit ${commit}`);
  const rows = [
    ['set', 'run', 'clips', 'missing', 'damaged', 'facts', 'load s', 'verify s', 'epoch s', 'peak MB', 'of the least'],
  ];
  for (const set of sets) {
    const least = new Map<string, number>();
    const sizes = new Set([...(SMALLER[set] ?? []), Infinity].map((count) => Math.min(count, most)));
    for (const size of sizes) {
      const root = mkdtempSync(join(tmpdir(), 'asc-datasets-'));
      try {
        writeSet(set, root, { clips: size, names });
        for (const { name: run, flags, equalWork } of WAYS) {
          if (equalWork && sizes.size === 1) continue;
          const verified = equalWork ? Math.min(most, datasetEntry(set).facts.clips?.value ?? 0) : 0;
          const figures = readInChild('set', flags, set, root, `${verified}`);
          if (!least.has(run)) least.set(run, figures.peakMb);
          const ratio = (figures.peakMb / (least.get(run) ?? figures.peakMb)).toFixed(2);
          rows.push([...rowOf(set, run, figures), ratio]);
        }
        if (existsSync(join(root, EMBEDDINGS)))
          rows.push(rowOf(set, 'embeddings', readInChild('embeddings', [], set, root)));
      } finally {
        rmSync(root, { recursive: true, force: true });
      }
    }
  }
  console.log(textTable(rows));
  return 0;
}

try {
  process.exitCode = main(process.argv.slice(2));
} catch (error) {
  if (!(error instanceof AscError)) throw error;
  console.error(error.message);
  process.exitCode = error instanceof UsageError ? 2 : 1;
}
