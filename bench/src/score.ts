import type { Timing } from './contest.js';

export interface Spread {
  readonly median: number;
  readonly min: number;
  readonly max: number;
}

/** How a contender did. */
export interface Score {
  readonly name: string;
  readonly side: Timing['side'];
  /** Milliseconds of one run, over all rounds. */
  readonly ms: Spread;
  /**
   * Throughput over that of the fastest peer of the same round, by the medians of the round; its spread is over the rounds.
   * Above 1 is faster than every peer. Absent where no peer ran.
   */
  readonly ratio: Spread | undefined;
  /** Median milliseconds of each round. */
  readonly roundMs: readonly number[];
}

/** How many times as fast as `other` a contender was, by the medians of the rounds they shared. */
export function speedOver(score: Score, other: Score): Spread {
  return spreadOf(score.roundMs.map((ms, round) => (other.roundMs[round] ?? NaN) / ms));
}

/** Median, least and largest. NaN for an empty list. */
export function spreadOf(values: readonly number[]): Spread {
  const sorted = [...values].sort((a, b) => a - b);
  const middle = sorted.length >> 1;
  const upper = sorted[middle] ?? NaN;
  const median = sorted.length % 2 === 1 ? upper : ((sorted[middle - 1] ?? NaN) + upper) / 2;
  return { median, min: sorted[0] ?? NaN, max: sorted.at(-1) ?? NaN };
}

/** Scores in the order of the timings. */
export function scoreContest(timings: readonly Timing[]): Score[] {
  const medians = timings.map(({ rounds }) => rounds.map((ms) => spreadOf(ms).median));
  const peers = medians.filter((_, at) => timings[at]?.side === 'peer');
  return timings.map(({ name, side, rounds }, at) => ({
    name,
    side,
    ms: spreadOf(rounds.flat()),
    roundMs: medians[at] ?? [],
    ratio:
      peers.length === 0
        ? undefined
        : spreadOf((medians[at] ?? []).map((ms, round) => Math.min(...peers.map((peer) => peer[round] ?? NaN)) / ms)),
  }));
}
