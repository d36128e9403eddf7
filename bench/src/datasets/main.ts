import { AscError, UsageError } from '@asc/core';
import { datasetEntry } from '@asc/data';
import { spawnSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { parseArgs } from 'node:util';
import { describeMachine } from '../machine.js';
import { textTable } from '../text-table.js';
import type { ReadSetFigures } from './read-set.js';
import { GENERATED_SETS, type GeneratedSet, writeSet } from './write-set.js';

const HELP = `datasets [--names FILE] [--set NAME] [--clips N]

Generates published sets at full size with tiny recordings in the folder for temporary files (1 GB), reads each through in a
process of its own (load, verify, split, one epoch), prints time and peak memory, and removes them.
--names  the official names of TAU 2020 Mobile, one a line, instead of names like them
--set    only this set; --clips at most so many clips`;

/** Sizes a set is read at: the last is all of it. */
const SIZES: Readonly<Record<GeneratedSet, readonly number[]>> = {
  esc50: [Infinity],
  tut2017: [Infinity],
  'tau2020-mobile': [2000, Infinity],
  'tau2022-mobile': [2000, 23_040, Infinity],
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

function readInChild(set: string, root: string, flags: readonly string[], verified: number): ReadSetFigures {
  const child = fileURLToPath(new URL('child.js', import.meta.url));
  const { status, stdout, stderr } = spawnSync(process.execPath, [...flags, child, set, root, `${verified}`], {
    encoding: 'utf8',
  });
  if (status !== 0) throw new AscError({ what: `Reading ${set} failed.`, received: stderr });
  return JSON.parse(stdout) as ReadSetFigures;
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
  const most = values.clips === undefined ? Infinity : Number(values.clips);
  const { cpu, cores, load, node, commit } = describeMachine();
  console.log(`${cpu}, ${cores} cores, load ${load.toFixed(1)}; Node ${node}, commit ${commit}`);
  const rows = [
    ['set', 'run', 'clips', 'missing', 'damaged', 'load s', 'verify s', 'epoch s', 'peak MB', 'of the least'],
  ];
  for (const set of sets) {
    const least = new Map<string, number>();
    for (const size of new Set(SIZES[set].map((count) => Math.min(count, most)))) {
      const root = mkdtempSync(join(tmpdir(), 'asc-datasets-'));
      try {
        writeSet(set, root, { clips: size, names });
        for (const { name: run, flags, equalWork } of WAYS) {
          const verified = equalWork ? Math.min(most, datasetEntry(set).facts.clips?.value ?? 0) : 0;
          const { clips, missing, damaged, seconds, peakMb } = readInChild(set, root, flags, verified);
          if (!least.has(run)) least.set(run, peakMb);
          const figures = [seconds.load, seconds.verify, seconds.epoch, peakMb].map((value) => value.toFixed(1));
          const ratio = (peakMb / (least.get(run) ?? peakMb)).toFixed(2);
          rows.push([set, run, `${clips}`, `${missing}`, `${damaged}`, ...figures, ratio]);
        }
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
