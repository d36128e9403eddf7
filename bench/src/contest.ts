import { setTimeout as sleep } from 'node:timers/promises';

/** One implementation of the work under measurement. Only one of them computes at a time. */
export interface Contender {
  readonly name: string;
  readonly side: 'ours' | 'peer';
  /** Does the work `count` times: milliseconds of each. */
  run(count: number): Promise<number[]>;
  /** What it computed, for comparison with the others. */
  values(): Promise<number[]>;
  close(): Promise<void>;
}

export interface ContestPlan {
  /** Untimed runs of each before the first round. */
  readonly warmup: number;
  readonly rounds: number;
  /** Timed runs of each in a round. */
  readonly steps: number;
}

/** Milliseconds of every timed run of a contender, a list for each round. */
export interface Timing {
  readonly name: string;
  readonly side: Contender['side'];
  readonly rounds: readonly (readonly number[])[];
}

/** Threads of the last contender may spin for a moment after their work: let them sleep before the next one starts. */
const PAUSE_MS = 200;

/**
 * Lets the contenders take turns: each round gives every contender `steps` runs, and starts with another one than the round
 * before, so that a machine that slows down slows all of them.
 */
export async function runContest(
  contenders: readonly Contender[],
  plan: ContestPlan,
  onRound: (round: number) => void,
): Promise<Timing[]> {
  for (const contender of contenders) if (plan.warmup > 0) await contender.run(plan.warmup);
  const timings = contenders.map(({ name, side }) => ({ name, side, rounds: [] as number[][] }));
  for (let round = 0; round < plan.rounds; round++) {
    for (let turn = 0; turn < contenders.length; turn++) {
      const at = (round + turn) % contenders.length;
      await sleep(PAUSE_MS);
      timings[at]?.rounds.push((await contenders[at]?.run(plan.steps)) ?? []);
    }
    onRound(round + 1);
  }
  return timings;
}
