import { nearestName, type ModelCard, type Predictions, UsageError, writeFileAtomic } from '@asc/core';
import { COMPLEXITY_RULES, type ComplexityRule } from '@asc/models';
import { mkdir } from 'node:fs/promises';
import { join } from 'node:path';
import type { CommandContext, CommandResult } from '../command/command-context.js';
import { stopOnAbort } from '../command/interrupted-error.js';
import type { SubmitOptions } from '../commands/submit.js';
import { evaluateModel } from '../line/evaluate-model.js';
import { loadModel } from '../line/load-model.js';
import { onnxComplexity } from '../line/onnx-complexity.js';
import { createSceneJudge, judgeAll } from '../line/scene-judge.js';
import { fileStandings, verdictOf } from '../line/standings.js';
import { readSubmissionAbout } from '../line/submission-about.js';
import { metaYaml, outputCsv } from '../line/submission-files.js';
import { joinsSubmission, submissionFiles, trainPercentOf } from '../line/submission-folder.js';
import { groundsFor, recipeOf, type Grounds } from '../line/trained-on.js';
import type { LoadedModel } from '../line/load-model.js';
import { countingDisplay } from '../terminal/counting-display.js';
import { formatBytes, formatCount, formatPercent } from '../terminal/format.js';
import { isOfEvents } from '../terminal/score-lines.js';

/** Writes a submission. Everything is checked and judged before the first file is written. */
export async function submit(path: string, options: SubmitOptions, context: CommandContext): Promise<CommandResult> {
  const { terminal, signal } = context;
  const { split, weights, out } = options;
  const rule = options.rule === undefined ? undefined : ruleNamed(options.rule);
  const about = await readSubmissionAbout(options.about);
  const loaded = await loadModel(path, weights === undefined ? {} : { weights });
  const cost = await onnxComplexity(loaded.model);
  const limits = fileStandings(cost, loaded.card, rule === undefined ? [] : [rule]);
  const [standing] = limits.standings;
  if (standing !== undefined && !standing.passes) {
    throw new UsageError({
      what: `The model does not keep the limits of ${standing.rule}.`,
      expected: rule?.note ?? '',
      received: verdictOf(standing),
      hint: 'asc complexity shows what each layer costs; asc quantize makes it smaller.',
    });
  }
  const recipe = recipeOf(loaded.card);
  const folder = join(out, 'task1', about.label);
  const percent = trainPercentOf(recipe, options);
  const files = submissionFiles(folder, about.label, percent);
  const { macsPerSecond } = limits;
  const joins = await joinsSubmission(folder, files, { label: about.label, cost, macsPerSecond });
  const grounds = await groundsFor(loaded.card, options);
  const known = await labelledGrounds(grounds, loaded.card);
  const told = (what: string) => countingDisplay(terminal, what);
  const { report, predictions } = await stopOnAbort(signal, () =>
    evaluateModel(loaded, { ...known, split: 'evaluate', signal, onProgress: told('clips judged') }),
  );
  if (isOfEvents(report)) {
    throw new UsageError({ what: 'Task 1 is about scenes, and this model tells sound events.' });
  }
  const judged =
    split === 'evaluate'
      ? predictions
      : await stopOnAbort(signal, () => judgeUnlabelled(loaded, grounds, options, signal, told('clips to submit')));
  const facts = { about, card: loaded.card, recipe, cost, report };
  const texts = { output: outputCsv(judged), meta: metaYaml({ ...facts, ...limits }) };
  await mkdir(folder, { recursive: true });
  await writeFileAtomic(files.output, texts.output);
  if (!joins) await writeFileAtomic(files.meta, texts.meta);
  return {
    json: {
      model: path,
      ...files,
      trainPercent: percent ?? null,
      recordings: judged.rows.length,
      rule: standing ?? null,
      report,
    },
    text: [
      `${files.output}: ${formatCount(judged.rows.length)} recordings`,
      `${files.meta}${joins ? ' stays that of the outputs before; this one has' : ':'} ${formatPercent(report.accuracy)} accuracy, log loss ${report.logLoss.toFixed(3)} on the development set;`,
      `  ${formatCount(cost.parameters)} parameters in ${formatBytes(cost.bytes)}, ${formatCount(limits.macsPerSecond)} MACs per second`,
      ...(standing === undefined ? [] : [`${standing.rule}: ${verdictOf(standing)}`]),
    ].join('\n'),
  };
}

function ruleNamed(name: string): ComplexityRule {
  const found = COMPLEXITY_RULES.find((rule) => rule.name === name);
  if (found !== undefined) return found;
  const names = COMPLEXITY_RULES.map((rule) => rule.name);
  const nearest = nearestName(name, names);
  throw new UsageError({
    what: `There is no rule "${name}".`,
    expected: `one of ${names.join(', ')}`,
    ...(nearest === undefined ? {} : { hint: `Did you mean "${nearest}"?` }),
  });
}

/** What tells the results: the dataset itself or, of an evaluation set, whose labels are hidden, that of the recipe. */
async function labelledGrounds(grounds: Grounds, card: ModelCard): Promise<Grounds> {
  const { dataset, fold } = grounds;
  const sides = dataset.sides(fold);
  if (sides.includes('evaluate') || !sides.includes('test')) return grounds;
  if (card.recipe !== undefined) return groundsFor(card, {});
  throw new UsageError({
    what: `${dataset.name} has no labels, and the model does not name the set it was trained on.`,
    expected: 'a set with an evaluate side, which tells the results of meta.yaml',
    received: `fold ${fold} with ${sides.join(', ')}`,
  });
}

/** The posteriors of recordings whose labels nobody knows. @throws UsageError where there are none. */
async function judgeUnlabelled(
  { model, card }: LoadedModel,
  { dataset, fold, crops }: Grounds,
  { split }: SubmitOptions,
  signal: AbortSignal,
  onProgress: (done: number, total: number) => void,
): Promise<Predictions> {
  const clips = dataset.split(fold, split);
  if (clips.length === 0) {
    throw new UsageError({
      what: `${dataset.name} has no recordings to submit in fold ${fold}, ${split}.`,
      hint: 'For a dress rehearsal: --split evaluate.',
    });
  }
  const judge = await createSceneJudge(model, card);
  try {
    return await judgeAll(judge, clips, { kind: 'spread', crops }, { signal, onProgress });
  } finally {
    await judge.close();
  }
}
