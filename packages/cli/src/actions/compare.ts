import type { CommandResult } from '../command/command-context.js';
import { compareContestants, type Comparison } from '../line/comparison.js';
import { readContestant, type Contestant } from '../line/contestant.js';
import { splitAtVersus } from '../line/group-contestants.js';
import { describeComparison } from '../terminal/comparison.js';

/** Puts runs and prediction files side by side. */
export async function compare(words: readonly string[]): Promise<CommandResult> {
  const { paths, groups } = splitAtVersus(words);
  const contestants: Contestant[] = [];
  // One after the other: the first that cannot be read is the one named.
  for (const path of paths) contestants.push(await readContestant(path));
  const comparison = compareContestants(contestants, groups);
  return { json: toJson(comparison), text: describeComparison(comparison) };
}

function toJson({ contestants, settings, groups, pairs }: Comparison): unknown {
  return {
    runs: contestants.map(({ path, recipe, parameters, report }) => ({
      path,
      name: recipe?.name ?? null,
      parameters: parameters ?? null,
      report,
    })),
    settings: settings.map(({ path, values }) => ({ path, values: values.map((value) => value ?? null) })),
    groups: groups.map(({ name, members, scores }) => ({
      name,
      paths: members.map((i) => contestants[i]?.path),
      scores,
    })),
    pairs: pairs.map(({ a, b, report }) => ({ a, b, ...report })),
  };
}
