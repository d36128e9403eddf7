import { createRng } from '@asc/core';
import { meanOverRuns, pairedBootstrap, type PairedReport, type RunsReport } from '@asc/evaluate';
import type { Contestant } from './contestant.js';
import { differingSettings, type DifferingSetting } from './differing-settings.js';
import { groupByRecipe } from './group-contestants.js';

/** Several runs of one model. */
export interface Group {
  /** `A`, `B`, … in the order given. */
  readonly name: string;
  /** Indices of its contestants. */
  readonly members: readonly number[];
  readonly scores: RunsReport;
}

/** The first group or contestant against another. */
export interface Pair {
  readonly a: string;
  readonly b: string;
  readonly report: PairedReport;
}

export interface Comparison {
  readonly contestants: readonly Contestant[];
  readonly settings: readonly DifferingSetting[];
  readonly groups: readonly Group[];
  readonly pairs: readonly Pair[];
}

/**
 * Puts contestants side by side, in the groups given or by recipe.
 *
 * @throws UsageError where groups were not judged on the same clips.
 */
export function compareContestants(
  contestants: readonly Contestant[],
  given?: readonly (readonly number[])[],
): Comparison {
  const recipes = contestants.map(({ recipe }) => recipe);
  const groups = (given ?? groupByRecipe(recipes)).map((members, i): Group => {
    const reports = members.map((index) => (contestants[index] as Contestant).report);
    return { name: groupName(i), members, scores: meanOverRuns(reports) };
  });
  return {
    contestants,
    settings: recipes.every((recipe) => recipe !== undefined) ? differingSettings(recipes) : [],
    groups,
    pairs: pairsOf(contestants, groups),
  };
}

/** `A` … `Z`, `AA`, … */
function groupName(index: number): string {
  const letter = String.fromCharCode(65 + (index % 26));
  return index < 26 ? letter : groupName(Math.floor(index / 26) - 1) + letter;
}

/** Every group against the first; where there is one group, its second run against its first if both were judged on one fold. */
function pairsOf(contestants: readonly Contestant[], groups: readonly Group[]): Pair[] {
  const [first, ...others] = groups;
  const pair = (a: readonly number[], b: readonly number[], names: readonly [string, string]): Pair => {
    const predictions = (own: readonly number[]) => own.map((i) => (contestants[i] as Contestant).predictions);
    const report = pairedBootstrap(predictions(a), predictions(b), { rng: createRng(0) });
    return { a: names[0], b: names[1], report };
  };
  if (first === undefined) return [];
  if (others.length > 0) return others.map((other) => pair(first.members, other.members, [first.name, other.name]));
  const folds = new Set(contestants.map(({ recipe }) => recipe?.dataset.fold));
  return contestants.length === 2 && folds.size === 1 ? [pair([0], [1], ['1', '2'])] : [];
}
