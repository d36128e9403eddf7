import { generateSyntheticScenes } from '@asc/data';
import type { CommandContext, CommandResult } from '../command/command-context.js';
import { stopOnAbort } from '../command/interrupted-error.js';
import { countingDisplay } from '../terminal/counting-display.js';
import { formatCount } from '../terminal/format.js';
import type { SynthOptions } from '../commands/dataset.js';

/** Makes the synthetic set. */
export async function synthesise(options: SynthOptions, context: CommandContext): Promise<CommandResult> {
  const { out, clipSeconds, seed, clipsPerScene } = options;
  const { signal, terminal } = context;
  const size = clipsPerScene === undefined ? { hours: options.hours ?? 1 } : { clipsPerScene, ...hoursOf(options) };
  const onProgress = countingDisplay(terminal, 'clips made');
  const dataset = await stopOnAbort(signal, () =>
    generateSyntheticScenes({ out, clipSeconds, seed, signal, onProgress, ...size }),
  );
  const { clips } = dataset;
  const [train, test] = [dataset.split(1, 'train').length, dataset.split(1, 'test').length];
  return {
    json: { out: dataset.root, clips: clips.length, train, test, clipSeconds, seed, labels: dataset.labels },
    text: `${dataset.root}: ${formatCount(clips.length)} clips of ${clipSeconds} s, ${train} to train and ${test} to test`,
  };
}

/** Both sizes given are the generator's to refuse. */
function hoursOf({ hours }: SynthOptions): { hours?: number } {
  return hours === undefined ? {} : { hours };
}
