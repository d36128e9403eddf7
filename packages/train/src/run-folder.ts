import {
  DataError,
  isLocked,
  makeFolder,
  type NdArrays,
  type Predictions,
  removePartialFiles,
  takeLock,
  UsageError,
  writeFileAtomic,
} from '@asc/core';
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { readCheckpoint, writeCheckpoint, type Checkpoint } from './checkpoint.js';
import { describeEnvironment, type Environment } from './environment.js';
import type { EpochReport } from './epoch-totals.js';
import { appendEvents, truncateEvents } from './event-file.js';
import { appendHistory, readHistory, truncateHistory } from './history.js';
import { parseRecipe } from './parse-recipe.js';
import { recipeHash } from './recipe-hash.js';
import type { Recipe } from './recipe-schema.js';
import { runInUse } from './run-in-use.js';
import { refuseForeignFolder } from './refuse-foreign-folder.js';
import { describeStatus, failureOf, readStatus, writeStatus, type RunStatus } from './run-status.js';

/** Where the files of a run lie. */
export interface RunPaths {
  readonly folder: string;
  readonly recipe: string;
  /** One entry for every time the run was opened. */
  readonly environment: string;
  /** One {@link EpochReport} a line. */
  readonly history: string;
  /** The numbers of the history, for TensorBoard. */
  readonly events: string;
  /** How the run stands, or ended: a {@link RunStatus}. */
  readonly status: string;
  readonly last: string;
  /** The epoch with the highest validation accuracy; the lower log loss decides a tie. */
  readonly best: string;
  /** The average of the weights with its own running statistics, where the recipe averages and it was judged. */
  readonly averaged: string;
  readonly predictions: string;
  readonly lock: string;
}

/** An open run: this process alone writes into its folder until {@link RunFolder.close}. */
export interface RunFolder {
  readonly paths: RunPaths;
  /** What to go on from; `undefined` at the start. */
  readonly checkpoint: Checkpoint | undefined;
  /** How an earlier part of the run ended; `undefined` where there was none. */
  readonly before: RunStatus | undefined;
  /** Epochs already done. */
  readonly history: readonly EpochReport[];
  /** Writes `last`, and before it `best` and `averaged` where asked. @throws DataError when the disk refuses. */
  saveCheckpoint(
    checkpoint: Checkpoint,
    options?: { readonly best?: boolean; readonly averagedWeights?: NdArrays | undefined },
  ): Promise<void>;
  appendReport(report: EpochReport): Promise<void>;
  writePredictions(predictions: Predictions): Promise<void>;
  /** Writes down how the run ended, for a failure its cause. */
  end(state: 'done' | 'interrupted' | 'failed', cause?: unknown): Promise<void>;
  /** Lets others have the folder. A run closed before its end was interrupted. */
  close(): Promise<void>;
}

/** Names of the files in a run folder. */
export function runPaths(folder: string): RunPaths {
  return {
    folder,
    recipe: join(folder, 'recipe.json'),
    environment: join(folder, 'environment.json'),
    history: join(folder, 'history.jsonl'),
    events: join(folder, 'events.out.tfevents.run'),
    status: join(folder, 'status.json'),
    last: join(folder, 'checkpoints', 'last.safetensors'),
    best: join(folder, 'checkpoints', 'best.safetensors'),
    averaged: join(folder, 'checkpoints', 'averaged.safetensors'),
    predictions: join(folder, 'predictions.json'),
    lock: join(folder, 'run.lock'),
  };
}

/**
 * Opens a folder for a run of `recipe`, new or, with `resume`, begun before; a run with no checkpoint yet starts over.
 *
 * @throws UsageError when the folder holds a run and `resume` is off, holds one of another recipe, is in use, or holds files
 * that are not a run's; DataError when it cannot be written or its last checkpoint is damaged.
 */
export async function openRun(
  folder: string,
  options: { readonly recipe: Recipe; readonly resume?: boolean; readonly versions?: Readonly<Record<string, string>> },
): Promise<RunFolder> {
  const { recipe, resume = false, versions } = options;
  const paths = runPaths(folder);
  const checkpoints = join(folder, 'checkpoints');
  await refuseForeignFolder(folder);
  await makeFolder(checkpoints);
  const release = await takeLock(paths.lock, (holder) => runInUse(paths.lock, holder));
  try {
    const earlier = await readJson(paths.recipe);
    const before = await statusNow(paths, false);
    if (earlier !== undefined) checkEarlier(folder, parseRecipe(earlier), recipe, resume, before);
    await Promise.all([removePartialFiles(folder), removePartialFiles(checkpoints)]);
    const checkpoint = await readLast(paths, recipeHash((earlier ?? recipe) as Recipe));
    const kept = checkpoint === undefined ? recipe : recipeToKeep(earlier as Recipe, recipe);
    await writeFileAtomic(paths.recipe, `${JSON.stringify(kept, null, 2)}\n`);
    const sessions = ((await readJson(paths.environment)) ?? []) as Environment[];
    await writeFileAtomic(
      paths.environment,
      `${JSON.stringify([...sessions, describeEnvironment(versions)], null, 2)}\n`,
    );
    const history = await truncateHistory(paths.history, checkpoint?.epoch ?? 0);
    await truncateEvents(paths.events, checkpoint?.epoch ?? 0);
    let reached = { epoch: checkpoint?.epoch ?? 0, step: checkpoint?.step ?? 0 };
    let ended = false;
    const tell = (state: RunStatus['state'], cause?: unknown) => {
      const error = state === 'failed' ? { error: failureOf(cause) } : {};
      return writeStatus(paths.status, { state, date: new Date().toISOString(), ...reached, ...error });
    };
    await tell('running');
    return {
      paths,
      checkpoint,
      // A killed run may have been a checkpoint further than it could say.
      before: before && { ...before, ...reached },
      history,
      async saveCheckpoint(next, { best = false, averagedWeights } = {}) {
        // Killed in between, the run repeats the epoch and writes the same again.
        if (best) await writeCheckpoint(paths.best, next);
        if (averagedWeights !== undefined) await writeCheckpoint(paths.averaged, { ...next, state: averagedWeights });
        await writeCheckpoint(paths.last, next);
        reached = { epoch: next.epoch, step: next.step };
        await tell('running');
      },
      async appendReport(report) {
        await appendHistory(paths.history, report);
        await appendEvents(paths.events, report);
      },
      writePredictions: (predictions) => writeFileAtomic(paths.predictions, `${JSON.stringify(predictions)}\n`),
      async end(state, cause) {
        await tell(state, cause);
        ended = true;
      },
      async close() {
        // Where even this cannot be written, the run counts as killed.
        if (!ended) await tell('interrupted').catch(() => undefined);
        await release();
      },
    };
  } catch (cause) {
    await release();
    throw cause;
  }
}

/**
 * A run as it lies on disk, for readers: its recipe with today's defaults, the hash of the recipe its checkpoints were made with,
 * reports and status.
 *
 * @throws DataError where there is none.
 */
export async function readRun(folder: string): Promise<{
  recipe: Recipe;
  recipeHash: string;
  history: EpochReport[];
  status: RunStatus | undefined;
  paths: RunPaths;
}> {
  const paths = runPaths(folder);
  const recipe = await readJson(paths.recipe);
  if (recipe !== undefined) {
    const status = await statusNow(paths, await isLocked(paths.lock));
    const parsed = parseRecipe(recipe);
    const hash = recipeHash(recipe as Recipe);
    return { recipe: parsed, recipeHash: hash, history: await readHistory(paths.history), status, paths };
  }
  throw new DataError({
    what: `${folder} is not a run folder.`,
    expected: 'a folder with a recipe.json in it',
    received: 'none',
    hint: 'Give the folder a training run was written to.',
  });
}

/**
 * What `recipe.json` says after a run was resumed. Where the schema has grown since it began, the settings it began with: with new
 * defaults beside them, its checkpoints would be those of another recipe.
 */
function recipeToKeep(earlier: Recipe, recipe: Recipe): Recipe {
  if (recipeHash(earlier) === recipeHash(recipe)) return recipe;
  return { ...earlier, name: recipe.name, dataset: { ...earlier.dataset, root: recipe.dataset.root } };
}

/** The status of a run; one that is under way though no process has it was killed. */
async function statusNow(paths: RunPaths, running: boolean): Promise<RunStatus | undefined> {
  const status = await readStatus(paths.status);
  return status?.state === 'running' && !running ? { ...status, state: 'killed' } : status;
}

function checkEarlier(
  folder: string,
  earlier: Recipe,
  recipe: Recipe,
  resume: boolean,
  status: RunStatus | undefined,
): void {
  if (!resume) {
    throw new UsageError({
      what: `${folder} already holds the run "${earlier.name}".`,
      ...(status === undefined ? {} : { received: `a run that ${describeStatus(status)}` }),
      hint: 'Resume it, or give another folder.',
    });
  }
  if (recipeHash(earlier) === recipeHash(recipe)) return;
  const before = earlier as Readonly<Record<string, unknown>>;
  const changed = Object.entries(recipe).filter(
    ([key, value]) => key !== 'name' && JSON.stringify(value) !== JSON.stringify(before[key]),
  );
  throw new UsageError({
    what: `${folder} holds a run of another recipe.`,
    expected: changed.map(([key]) => `${key}: ${JSON.stringify(before[key])}`).join(', '),
    received: changed.map(([key, value]) => `${key}: ${JSON.stringify(value)}`).join(', '),
    hint: 'Resume with the recipe.json of the folder, or give another folder.',
  });
}

/** The last checkpoint, or `undefined` where none was written yet. */
async function readLast(paths: RunPaths, hash: string): Promise<Checkpoint | undefined> {
  return readCheckpoint(paths.last, { recipeHash: hash }).catch((cause: unknown) => {
    const missing = cause instanceof DataError && (cause.cause as NodeJS.ErrnoException)?.code === 'ENOENT';
    if (missing) return undefined;
    throw cause;
  });
}

async function readJson(path: string): Promise<unknown> {
  const text = await readFile(path, 'utf8').catch((cause: unknown) => {
    const { code } = cause as NodeJS.ErrnoException;
    if (code === 'ENOENT' || code === 'ENOTDIR') return undefined;
    throw new DataError({ what: `Cannot read ${path}.`, received: code ?? String(cause) }, { cause });
  });
  if (text === undefined) return undefined;
  try {
    return JSON.parse(text) as unknown;
  } catch (cause) {
    throw new DataError({ what: `${path} is not JSON.`, received: JSON.stringify(text.slice(0, 60)) }, { cause });
  }
}
