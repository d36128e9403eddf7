import { UsageError } from '@asc/core';
import { join } from 'node:path';
import { appendCsv, type CsvRow } from './csv.js';
import { runContest, type Contender, type ContestPlan } from './contest.js';
import type { Machine } from './machine.js';
import { startPeers, type PeerPlan } from './peers.js';
import type { PeerFacts } from './peer.js';
import { scoreContest, type Score } from './score.js';
import type { Voice } from './workplace.js';

export interface Measurement {
  readonly scores: readonly Score[];
  /** What each contender computed, in the order of the scores. */
  readonly values: readonly (readonly number[])[];
  readonly facts: PeerFacts | undefined;
}

/** Our side and its peers in one contest; every process it started has ended when it returns. */
export async function measure(
  ours: readonly Contender[],
  peers: readonly PeerPlan[],
  options: ContestPlan & { readonly python: string | undefined },
  voice: Voice,
): Promise<Measurement> {
  const contenders = [...ours];
  try {
    let facts: PeerFacts | undefined;
    if (options.python !== undefined) {
      const team = await startPeers(peers, options.python, voice.say);
      contenders.push(...team.contenders);
      facts = team.facts;
    }
    for (const contender of ours) await contender.run(1);
    const timings = await runContest(contenders, options, (round) => voice.say(`round ${round}/${options.rounds}`));
    const values: number[][] = [];
    for (const contender of contenders) values.push(await contender.values());
    return { scores: scoreContest(timings), values, facts };
  } finally {
    for (const contender of contenders) await contender.close();
  }
}

/** Largest |a − b|. @throws UsageError where the lists are of different length. */
export function largestDifference(a: readonly number[], b: readonly number[]): number {
  if (a.length !== b.length) {
    throw new UsageError({
      what: 'Two results cannot be compared.',
      expected: `${a.length} values`,
      received: `${b.length}`,
    });
  }
  let largest = 0;
  for (const [i, value] of a.entries()) {
    const difference = Math.abs(value - (b[i] ?? NaN));
    // A NaN is a difference, not a reason to keep the last one.
    if (!(difference <= largest)) largest = difference;
  }
  return largest;
}

/** Appends a line for each score to `<out>/<bench>.csv`: where it ran, `columns`, and the figures. */
export async function saveScores(
  options: { readonly out: string; readonly bench: string },
  machine: Machine,
  { scores, facts }: Measurement,
  columns: readonly CsvRow[],
): Promise<string> {
  const path = join(options.out, `${options.bench}.csv`);
  const rows = scores.map(({ name, ms, ratio }, at): CsvRow => ({
    ...machine,
    torch: facts?.versions['torch'] ?? '',
    librosa: facts?.versions['librosa'] ?? '',
    contender: name,
    ...columns[at],
    ms_median: ms.median,
    ms_min: ms.min,
    ms_max: ms.max,
    ratio_median: ratio?.median ?? '',
    ratio_min: ratio?.min ?? '',
    ratio_max: ratio?.max ?? '',
  }));
  await appendCsv(path, rows);
  return path;
}
