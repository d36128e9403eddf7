import { DataError, labelSpace, UsageError, type ModelCard, type Predictions } from '@asc/core';
import { evaluate, predictionsFromCsv, type Report } from '@asc/evaluate';
import { complexity } from '@asc/models';
import { readRun, type Recipe } from '@asc/train';
import { readFile, stat } from 'node:fs/promises';
import { extname } from 'node:path';
import { shellWord } from '../terminal/shell-word.js';
import { readCard } from './load-run.js';
import { onnxComplexity } from './onnx-complexity.js';
import { recipeModel } from './prepare-model.js';
import { readPrepared } from './quantized-model.js';

/** What one run or prediction file brings to a comparison. */
export interface Contestant {
  readonly path: string;
  readonly predictions: Predictions;
  readonly report: Report;
  /** The recipe of a run; a prediction file has none. */
  readonly recipe: Recipe | undefined;
  /** Parameters of the network of a run. */
  readonly parameters: number | undefined;
}

/**
 * Reads the predictions of a run (its last weights on the held-out side) or of a file.
 *
 * @throws DataError where there are none; UsageError for an exported model, which has made none yet.
 */
export async function readContestant(path: string): Promise<Contestant> {
  const found = await stat(path).catch((cause: unknown) => {
    const hint = 'Give the folder of a run, or a file made by `asc evaluate MODEL --predictions FILE.csv`.';
    throw new DataError({ what: `${path} does not exist.`, expected: 'a run or a prediction file', hint }, { cause });
  });
  return found.isDirectory() ? ofRun(path) : ofFile(path);
}

async function ofRun(folder: string): Promise<Contestant> {
  const { recipe, paths, history } = await readRun(folder);
  const card = await readCard(folder);
  const text = await readFile(paths.predictions, 'utf8').catch((cause: unknown) => {
    throw new DataError(
      {
        what: `The run ${folder} has no predictions yet.`,
        expected: `${recipe.epochs} epochs`,
        received: `${history.length} done`,
        hint: `Go on with: asc train ${shellWord(paths.recipe)} --out ${shellWord(folder)} --resume`,
      },
      { cause },
    );
  });
  const predictions = fromJson(text, paths.predictions);
  const parameters = await parametersOf(folder, recipe, card);
  return { path: folder, predictions, report: judge(folder, predictions, card.labels), recipe, parameters };
}

/** Of a network that is trained on 8 bits, those of its graph, norms folded. */
async function parametersOf(folder: string, recipe: Recipe, card: ModelCard): Promise<number> {
  if (recipe.quantization === undefined) return complexity(recipeModel(recipe, card).deployed).parameters;
  return (await onnxComplexity(await readPrepared(folder))).parameters;
}

async function ofFile(path: string): Promise<Contestant> {
  const kind = extname(path).toLowerCase();
  if (kind === '.onnx') {
    throw new UsageError({
      what: `${path} is a model, and models are compared by what they said.`,
      expected: 'a run or a prediction file',
      hint: `Make one: asc evaluate ${shellWord(path)} --predictions ${shellWord(`${path.slice(0, -kind.length)}.csv`)}`,
    });
  }
  const text = await readFile(path, 'utf8');
  const predictions = kind === '.json' ? fromJson(text, path) : predictionsFromCsv(text, path);
  return { path, predictions, report: judge(path, predictions), recipe: undefined, parameters: undefined };
}

function fromJson(text: string, path: string): Predictions {
  try {
    return JSON.parse(text) as Predictions;
  } catch (cause) {
    const received = cause instanceof Error ? cause.message.replace(/\s+/g, ' ') : String(cause);
    throw new DataError({ what: `${path} is not JSON.`, expected: 'predictions', received }, { cause });
  }
}

/** The report, or what keeps it, under the name of the file. */
function judge(path: string, predictions: Predictions, labels?: Parameters<typeof evaluate>[1]): Report {
  try {
    return evaluate(predictions, labels ?? labelSpace(labelsOf(predictions)));
  } catch (cause) {
    if (!(cause instanceof UsageError)) throw cause;
    throw new DataError({ ...cause.parts, what: `${path}: ${cause.parts.what}` }, { cause });
  }
}

/** Labels of what may be anything that JSON can hold; `evaluate` refuses what is not predictions. */
function labelsOf(predictions: unknown): readonly string[] {
  const labels = (predictions as { labels?: unknown } | null)?.labels;
  return Array.isArray(labels) ? (labels as string[]) : ['?'];
}
