import { UsageError } from '@asc/core';
import { pipeline, workerPool } from '@asc/data';
import { setRecipeValues } from '@asc/train';
import { dirname, resolve } from 'node:path';
import type { CommandContext, CommandResult } from '../command/command-context.js';
import { stopOnAbort } from '../command/interrupted-error.js';
import type { CorruptOptions } from '../commands/dataset-corrupt.js';
import { openRecipeDataset } from '../line/open-dataset.js';
import { codecFolder } from '../line/run-training.js';
import { checkFfmpeg, codecSettings } from '../line/window-augmentation.js';
import { countingDisplay } from '../terminal/counting-display.js';
import { formatCount } from '../terminal/format.js';
import { readRecipe, withDataset } from './train.js';

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
  const clips = dataset.split(recipe.dataset.fold, 'train');
  const folder = codecFolder(options.cache);
  const total = clips.length * settings.length;
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
    json: { folder, clips: clips.length, settings, recordings: total },
    text: `${folder}: ${formatCount(total)} recordings, ${formatCount(clips.length)} clips in ${settings.length} codings`,
  };
}
