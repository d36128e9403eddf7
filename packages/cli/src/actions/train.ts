import { DataError, UsageError } from '@asc/core';
import { describeStatus, parseRecipe, setRecipeValues, type Recipe, type RunStatus } from '@asc/train';
import { readFile } from 'node:fs/promises';
import { dirname, join, normalize, resolve } from 'node:path';
import type { CommandContext, CommandResult } from '../command/command-context.js';
import { InterruptedError } from '../command/interrupted-error.js';
import { differingFacts } from '../line/differing-facts.js';
import { clearRehearsal, rehearsal } from '../line/rehearsal.js';
import { runTraining, type TrainingResult } from '../line/run-training.js';
import { deviceGroups, scoreLine } from '../terminal/score-lines.js';
import { shellWord } from '../terminal/shell-word.js';
import { trainingDisplay } from '../terminal/training-display.js';
import type { TrainOptions } from '../commands/train.js';

/** Trains the recipe in `file`. */
export async function train(
  file: string,
  options: TrainOptions,
  { terminal, signal }: CommandContext,
): Promise<CommandResult> {
  const given = withDataset(setRecipeValues(await readRecipe(file), options.set ?? []), options.dataset);
  if (options.cacheGigabytes !== undefined && options.cache === undefined) {
    throw new UsageError({
      what: '--cache-gigabytes limits a cache, and there is none.',
      hint: 'Name its folder: --cache DIR.',
    });
  }
  const recipe = options.smoke === true ? await rehearsal(given) : given;
  const out = normalize(options.out ?? join('runs', folderName(recipe)));
  if (options.smoke === true && options.resume !== true) await clearRehearsal(out, recipe);
  terminal.note(`${recipe.name}: ${recipe.model.preset} on ${recipe.dataset.root ?? recipe.dataset.kind} → ${out}`);
  let before: RunStatus | undefined;
  const result = await runTraining(recipe, {
    out,
    resume: options.resume,
    places: { recipeFolder: dirname(resolve(file)), dataDir: process.env['ASC_DATA_DIR'] },
    cache: options.cache,
    cacheBytes: options.cacheGigabytes === undefined ? undefined : Math.ceil(options.cacheGigabytes * 1e9),
    threads: options.threads,
    signal,
    onDataset(dataset) {
      const differs = options.smoke === true ? undefined : differingFacts(dataset);
      if (differs !== undefined) terminal.note(differs);
    },
    onResume(status) {
      before = status;
      terminal.print(`going on after epoch ${status.epoch} of ${recipe.epochs}: the run ${describeStatus(status)}`);
    },
    onEvent: trainingDisplay(terminal, recipe.epochs),
  });
  if (result.interrupted) {
    throw new InterruptedError({
      what: `Interrupted after ${result.history.length} of ${recipe.epochs} epochs; the run is whole.`,
      hint: `Go on with: asc train ${shellWord(join(out, 'recipe.json'))} --out ${shellWord(out)} --resume`,
    });
  }
  return { json: { ...describe(result, recipe), before: before ?? null }, text: summary(result) };
}

/** The name of a recipe as that of its run's folder; a recipe from elsewhere does not choose the place. */
function folderName({ name }: Recipe): string {
  if (name.split('/').every((part) => !['', '.', '..'].includes(part) && !/[\\:\0]/.test(part))) return name;
  throw new UsageError({
    what: `The recipe's name "${name}" is no name of a folder.`,
    hint: 'Say where the run goes: --out RUN.',
  });
}

/** The recipe in a file. @throws DataError, UsageError where it cannot be read or is none. */
export async function readRecipe(file: string): Promise<Recipe> {
  const text = await readFile(file, 'utf8').catch((cause: NodeJS.ErrnoException) => {
    const hint = cause.code === 'EISDIR' ? 'Name the file in it: recipe.json.' : 'Check the path of the recipe.';
    throw new DataError(
      { what: `Cannot read the recipe ${file}.`, received: cause.code ?? cause.message, hint },
      { cause },
    );
  });
  let json: unknown;
  try {
    // Editors on Windows put a byte order mark first.
    json = JSON.parse(text.replace(/^\uFEFF/, ''));
  } catch (cause) {
    const received = (cause as Error).message.replace(/\s+/g, ' ');
    const hint = 'A recipe is a .json file; recipes/ holds some, and the folder of every run its own.';
    throw new UsageError({ what: `The recipe ${file} is not JSON.`, received, hint }, { cause });
  }
  return parseRecipe(json);
}

/** The recipe with its dataset at another place, where one is given. */
export function withDataset(recipe: Recipe, root: string | undefined): Recipe {
  return root === undefined ? recipe : { ...recipe, dataset: { ...recipe.dataset, root: resolve(root) } };
}

function describe({ folder, history, report }: TrainingResult, recipe: Recipe): object {
  return { run: folder, name: recipe.name, epochs: history.length, lastEpoch: history.at(-1) ?? null, report };
}

function summary({ folder, history, report }: TrainingResult): string {
  const seconds = history.map(
    (epoch) => epoch.seconds + (epoch.validation?.seconds ?? 0) + (epoch.averaged?.seconds ?? 0),
  );
  const mean = seconds.reduce((sum, each) => sum + each, 0) / Math.max(1, seconds.length);
  return [
    ...(report === undefined ? [] : [scoreLine(report), ...deviceGroups(report)]),
    `${history.length} ${history.length === 1 ? 'epoch' : 'epochs'}, ${mean.toFixed(1)} s each; the run lies in ${folder}`,
    `next: asc evaluate ${shellWord(folder)}, asc export ${shellWord(folder)} -o model.onnx`,
  ].join('\n');
}
