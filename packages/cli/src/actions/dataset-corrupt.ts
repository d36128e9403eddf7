import { makeFolder, UsageError } from '@asc/core';
import { assertRoom, pipeline, probeAudio, workerPool, type ClipList } from '@asc/data';
import { setRecipeValues } from '@asc/train';
import { readdir } from 'node:fs/promises';
import { dirname, resolve } from 'node:path';
import type { CommandContext, CommandResult } from '../command/command-context.js';
import { stopOnAbort } from '../command/interrupted-error.js';
import type { CorruptOptions } from '../commands/dataset-corrupt.js';
import { openRecipeDataset } from '../line/open-dataset.js';
import { codecFolder } from '../line/run-training.js';
import { trainingClips } from '../line/training-clips.js';
import { checkFfmpeg, codecSettings } from '../line/window-augmentation.js';
import { countingDisplay } from '../terminal/counting-display.js';
import { formatBytes, formatCount } from '../terminal/format.js';
import { readRecipe, withDataset } from './train.js';

/** Clips whose length is looked at. */
const PROBED = 64;
/** Of a stored sample; FLAC takes less, how much less the sound decides. */
const SAMPLE_BYTES = 2;

/** Makes every coded form of every training clip that a recipe may draw. */
export async function corrupt(file: string, options: CorruptOptions, context: CommandContext): Promise<CommandResult> {
  const { signal, terminal } = context;
  const recipe = withDataset(setRecipeValues(await readRecipe(file), options.set ?? []), options.dataset);
  const settings = codecSettings(recipe.augment.codec);
  if (settings.length === 0) {
    throw new UsageError({
      what: 'The recipe codes no clips by ffmpeg.',
      expected: 'augment.codec.kind "ffmpeg"',
      received: JSON.stringify(recipe.augment.codec.kind),
      hint: '--set augment.codec.kind=ffmpeg',
    });
  }
  await checkFfmpeg();
  const places = { recipeFolder: dirname(resolve(file)), dataDir: process.env['ASC_DATA_DIR'] };
  const dataset = await openRecipeDataset(recipe.dataset, places);
  const { train: clips } = trainingClips(dataset, recipe);
  const folder = codecFolder(options.cache);
  const total = clips.length * settings.length;
  await makeFolder(folder);
  const bytes = (await meanBytes(clips)) * Math.max(0, total - (await countKept(folder)));
  terminal.note(`${folder}: up to ${formatBytes(Math.round(bytes))} to come`);
  await assertRoom(folder, bytes);
  const show = countingDisplay(terminal, 'recordings coded');
  let done = 0;
  await stopOnAbort(signal, async () => {
    const pool = workerPool(new URL('../line/window-worker.js', import.meta.url), { signal });
    try {
      const requests = function* (): Generator<unknown> {
        for (const { path } of clips) for (const setting of settings) yield { path, folder, ...setting };
      };
      for await (const _file of pipeline(requests, { signal }).parallelMap<string>(pool, 'codeRecording')) {
        show(++done, total);
      }
    } finally {
      await pool.close();
    }
  });
  return {
    json: { folder, clips: clips.length, settings, recordings: total, roomBytes: bytes },
    text: `${folder}: ${formatCount(total)} recordings, ${formatCount(clips.length)} clips in ${settings.length} codings`,
  };
}

/** Most bytes one coded recording takes, on average, by some of the clips. */
async function meanBytes(clips: ClipList): Promise<number> {
  const count = Math.min(PROBED, clips.length);
  const some = Array.from({ length: count }, (_, i) => clips.at(Math.floor((i * clips.length) / count))?.path ?? '');
  const infos = await Promise.all(some.map((path) => probeAudio(path)));
  return (SAMPLE_BYTES * infos.reduce((sum, { samples }) => sum + samples, 0)) / Math.max(1, count);
}

/** Coded recordings that are there, of this recipe or another. */
async function countKept(folder: string): Promise<number> {
  return (await readdir(folder, { recursive: true })).filter((name) => name.endsWith('.flac')).length;
}
