import { writeTeacherLogits } from '@asc/train';
import type { CommandContext, CommandResult } from '../command/command-context.js';
import { stopOnAbort } from '../command/interrupted-error.js';
import type { TeachOptions } from '../commands/teach.js';
import { loadModel } from '../line/load-model.js';
import { askTeacher } from '../line/ask-teacher.js';
import { makeRoomFor } from '../line/make-room-for.js';
import { groundsFor } from '../line/trained-on.js';
import { countingDisplay } from '../terminal/counting-display.js';

/** Asks a run or a file about the clips of a split and stores the answers. */
export async function teach(path: string, options: TeachOptions, context: CommandContext): Promise<CommandResult> {
  const { terminal, signal } = context;
  const { split, out, weights } = options;
  const loaded = await loadModel(path, weights === undefined ? {} : { weights });
  const { dataset, fold, crops } = await groundsFor(loaded.card, options);
  await makeRoomFor(out);
  const onProgress = countingDisplay(terminal, 'clips judged');
  const answers = await stopOnAbort(signal, () =>
    askTeacher(loaded, { dataset, fold, split, crops, signal, onProgress }),
  );
  await writeTeacherLogits(out, answers);
  const clips = answers.logits.size;
  return {
    json: { model: path, out, dataset: dataset.root, fold, split, crops, clips, scenes: answers.scenes },
    text: [
      `${path} on ${dataset.name}, fold ${fold}, ${split}: ${clips} clips, ${crops} ${crops === 1 ? 'window' : 'windows'} each → ${out}`,
      `next: "distillation": { "kind": "teachers", "teachers": [{ "file": ${JSON.stringify(out)} }] } in the student's recipe, then asc train`,
    ].join('\n'),
  };
}
