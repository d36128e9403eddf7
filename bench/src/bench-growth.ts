import { AscError, type NdArrays } from '@asc/core';
import { complexity, createModel, listPresets, type SceneModel } from '@asc/models';
import { spawnSync } from 'node:child_process';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { ourTrainer } from './bench-train.js';
import { appendCsv } from './csv.js';
import { KEEP_MEMORY } from './keep-memory.js';
import { fixedBatch, furtherInputs, LABELS, mapShape, TRAINING_NETWORKS, trainingNetwork } from './network.js';
import type { BenchOptions } from './options.js';
import { spreadOf, type Spread } from './score.js';
import { formatSpread, textTable } from './text-table.js';
import type { Workplace } from './workplace.js';

/** A quarter, half and all of the recipe's batch. */
const SHARES = [4, 2, 1] as const;
/** Has its width as a number. */
const WIDENED = 'zhang2019';
const WIDTHS = [16, 32] as const;
const WIDTH_BATCH = 16;
/** Seconds from a network to its first step. */
const MOST_SECONDS = 3;

/** What grows with what: steps with the batch and the width, memory with the epochs of a run, start-up with the network. */
export async function benchGrowth(options: BenchOptions, { machine, voice }: Workplace): Promise<void> {
  const { threads, rounds, steps, warmup, network: name } = options;
  const full = options.batch === 0 ? (TRAINING_NETWORKS[name]?.batch ?? 24) : options.batch;
  const jobs = [
    ...SHARES.map((share) => {
      const batch = Math.max(1, Math.round(full / share));
      return { name, width: '', batch, make: () => trainingNetwork(name, {}) };
    }),
    ...WIDTHS.map((width) => ({
      name: WIDENED,
      width: String(width),
      batch: WIDTH_BATCH,
      make: () => createModel(WIDENED, { seed: 1, classes: LABELS.scenes.length, abstractClasses: 0, width }),
    })),
  ];
  const rows: string[][] = [];
  const results = [];
  for (const job of jobs) {
    voice.say(`${job.name}, batch ${job.batch}${job.width === '' ? '' : `, width ${job.width}`}`);
    const network = job.make();
    const ms = await stepMs(network, job, { threads, warmup, runs: rounds * steps });
    const gflop = (6 * complexity(network.training).macs * job.batch) / 1e9;
    rows.push([
      job.name,
      String(job.batch),
      job.width,
      formatSpread(ms, 1),
      (ms.median / job.batch).toFixed(2),
      gflop.toFixed(1),
      (gflop / (ms.median / 1000)).toFixed(1),
    ]);
    results.push({
      ...machine,
      network: job.name,
      threads,
      batch: job.batch,
      width: job.width,
      gflop,
      ms_median: ms.median,
      ms_min: ms.min,
      ms_max: ms.max,
    });
  }
  const path = join(options.out, 'growth.csv');
  await appendCsv(path, results);
  voice.print(`Training steps, median (least–largest) of ${rounds * steps}, ${threads} threads.\n`);
  voice.print(textTable([['', 'batch', 'width', 'ms a step', 'ms a clip', 'GFLOP', 'GFLOP/s'], ...rows]));
  voice.print(`\nAppended to ${path}`);

  voice.say('memory of a run');
  voice.print('\nMemory of a run (zhang2019, synthetic maps), resident MiB by epoch:\n');
  voice.print(told('memory-of-run', [String(threads)]).trimEnd());

  voice.print('\nFrom a network to its first step: tracing and loading, each in a process of its own.\n');
  let [slow, untold] = [0, 0];
  for (const preset of listPresets()) {
    const line = told('start-up', [preset.name]).trimEnd();
    const seconds = / ([\d.]+) s$/.exec(line)?.[1];
    if (seconds === undefined) untold++;
    else if (Number(seconds) > MOST_SECONDS) slow++;
    voice.print(line);
  }
  const verdict = slow + untold === 0 ? 'reached' : 'not reached';
  voice.print(`\nWanted: ${MOST_SECONDS} s for every preset: ${slow} above, ${untold} left out, ${verdict}.`);
}

async function stepMs(
  network: SceneModel,
  { name, batch }: { readonly name: string; readonly batch: number },
  plan: { readonly threads: number; readonly warmup: number; readonly runs: number },
): Promise<Spread> {
  const [bands, frames] = mapShape(network);
  const { abstract, ...scenes } = fixedBatch({ batch, bands, frames });
  const labels = TRAINING_NETWORKS[name]?.abstract === true && abstract !== undefined ? { abstract } : {};
  const arrays: NdArrays = { ...scenes, ...labels, ...furtherInputs(network, batch) };
  const trainer = await ourTrainer(network.training, arrays, plan.threads);
  try {
    await trainer.run(1 + plan.warmup);
    return spreadOf(await trainer.run(plan.runs));
  } finally {
    await trainer.close();
  }
}

/** What one of our scripts prints, in a process of its own. @throws AscError where it fails. */
function told(script: string, args: readonly string[]): string {
  const path = fileURLToPath(new URL(`./${script}.js`, import.meta.url));
  // With memory as users have it: what is resident is asked for.
  const env = Object.fromEntries(Object.entries(process.env).filter(([name]) => !(name in KEEP_MEMORY)));
  const { stdout, stderr, status, signal } = spawnSync(process.execPath, [path, ...args], { encoding: 'utf8', env });
  if (status === 0) return stdout;
  throw new AscError({
    what: `${[script, ...args].join(' ')} failed (${signal ?? status}).`,
    received: stderr.trimEnd(),
  });
}
