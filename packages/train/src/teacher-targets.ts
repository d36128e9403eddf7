import { UsageError, type LabelSpace, type NdArrays, type Rng } from '@asc/core';
import { softmax } from '@asc/evaluate';
import type { BatchClip, ClipTargets } from './clip-targets.js';
import type { TeachersConfig } from './recipe/distillation-schema.js';
import type { TeacherLogits } from './teacher-logits.js';

/** A teacher with the name it is spoken of by. */
export interface NamedTeacher extends Pick<TeacherLogits, 'scenes' | 'logits'> {
  readonly name: string;
}

/**
 * The array `teacher` (B, Y) of every batch: what the teachers said of its clips, as posteriors at the temperature of
 * `config`, looked up by clip id, columns by label.
 *
 * `mean` is the softmax of the mean logits (read: CP-JKU 2023); `switch` draws one teacher a batch from (rng, epoch, step);
 * `augmented` takes every clip once per teacher in an epoch, each copy with that teacher's posteriors (read, abstract alone:
 * Fukuda et al., Interspeech 2017, to whom Zhang et al. 2019 refer; inferred: the copies are shuffled among each other).
 *
 * @param ids the clips there will be.
 * @throws UsageError for a teacher of other labels, or one that does not know every clip.
 */
export function teacherTargets(options: {
  readonly config: Pick<TeachersConfig, 'strategy' | 'temperature'>;
  readonly teachers: readonly NamedTeacher[];
  readonly labels: LabelSpace;
  readonly ids: readonly string[];
  readonly rng: Rng;
}): ClipTargets {
  const { config, teachers, labels, ids, rng } = options;
  const { strategy, temperature } = config;
  const classes = labels.scenes.length;
  const places = new Map(ids.map((id, place) => [id, place]));
  const tables = teachers.map((teacher) => tableOf(teacher, labels, ids));
  const posterior = (id: string, asked: readonly Float32Array[]): number[] => {
    const at = (places.get(id) ?? refuseUnknown(id)) * classes;
    const means = labels.scenes.map(
      (_, y) => asked.reduce((sum, table) => sum + (table[at + y] ?? NaN), 0) / asked.length,
    );
    return softmax(means.map((mean) => mean / temperature));
  };
  const chosen = ({ copy }: BatchClip, drawn = copy) => (strategy === 'mean' ? tables : tables.slice(drawn, drawn + 1));

  return {
    copies: strategy === 'augmented' ? teachers.length : 1,
    arrays(clips, { epoch, step }): NdArrays {
      const drawn = strategy === 'switch' ? rng.split('switch', epoch, step).integer(teachers.length) : undefined;
      const data = new Float32Array(clips.length * classes);
      clips.forEach((clip, i) => data.set(posterior(clip.id, chosen(clip, drawn)), i * classes));
      return { teacher: { dtype: 'float32', shape: [clips.length, classes], data } };
    },
  };
}

/** A teacher's logits of the clips there will be, in their order, columns in that of the labels. */
function tableOf({ name, scenes, logits }: NamedTeacher, labels: LabelSpace, ids: readonly string[]): Float32Array {
  const columns = labels.scenes.map((scene) => scenes.indexOf(scene));
  if (columns.includes(-1) || scenes.length !== columns.length) {
    throw new UsageError({
      what: `The teacher ${name} knows other scenes than the dataset.`,
      expected: labels.scenes.join(', '),
      received: scenes.join(', '),
    });
  }
  const missing = ids.filter((id) => !logits.has(id));
  if (missing.length > 0) {
    throw new UsageError({
      what: `The teacher ${name} does not know ${missing.length} of the ${ids.length} training clips.`,
      expected: `logits of every training clip, e.g. ${missing[0]}`,
      received: `logits of ${logits.size} clips, e.g. ${[...logits.keys()][0] ?? 'none'}`,
      hint: 'Make the file from the same dataset, fold and split: asc teach RUN --dataset DIR --fold N --split train.',
    });
  }
  const table = new Float32Array(ids.length * columns.length);
  ids.forEach((id, place) => {
    const row = logits.get(id) ?? [];
    columns.forEach((column, y) => (table[place * columns.length + y] = row[column] ?? NaN));
  });
  return table;
}

function refuseUnknown(id: string): never {
  throw new UsageError({ what: `No teacher was asked about the clip ${id}.`, hint: 'Name every clip of the batches.' });
}
