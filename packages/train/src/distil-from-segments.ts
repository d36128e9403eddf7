import { UsageError } from '@asc/core';
import { cosineDistance } from './cosine-distance.js';
import { klDivergence } from './kl-divergence.js';
import type { SegmentsConfig } from './recipe/distillation-schema.js';
import { matchOutput, type Task } from './task.js';
import { weightedSum } from './weighted-sum.js';
import { hiddenVectors } from './with-hidden-output.js';

/**
 * A task whose student also follows an online teacher: hardWeight·task + klWeight·KL(teacher ‖ student) at temperature T +
 * cosineWeight·(1 − cos(hidden, teacher's)). The model's last output is its last hidden layer; a batch holds `teacher` (B, Y),
 * posteriors at T, and `teacher-hidden` (B, H), see `onlineTeacher`.
 *
 * Source: Heo, Jung, Shim, Lee, "Clova submission for the DCASE 2021 challenge", section 4. Read: the plain sum of cosine
 * distance between last hidden layers, KL between output layers, and cross-entropy with the truth. Inferred: T = 2 on both
 * sides and no T² (the second author's public code of 2019, `Jungjee/dcase2019specialistkd`); what the teacher says is mixed by
 * mixup as the labels are.
 */
export function distilFromSegments(
  task: Task,
  config: Pick<SegmentsConfig, 'temperature' | 'hardWeight' | 'klWeight' | 'cosineWeight'>,
  width: number,
): Task {
  const { temperature, hardWeight, klWeight, cosineWeight } = config;
  return {
    targets: (labels) => ({ ...task.targets(labels), teacher: labels.scenes.length, 'teacher-hidden': width }),
    loss(all, targets) {
      const outputs = all.slice(0, -1);
      const own = task.loss(outputs, targets);
      const [logits, teacher] = matchOutput(outputs, 0, targets, 'teacher');
      const hidden = all.at(-1);
      if (hidden === undefined) throw new UsageError({ what: 'The model has no hidden output to compare.' });
      const kl = klDivergence(logits, teacher, temperature);
      const cosine = cosineDistance(...matchOutput([hiddenVectors(hidden)], 0, targets, 'teacher-hidden'));
      const total = weightedSum([
        [own.total, hardWeight],
        [kl, klWeight],
        [cosine, cosineWeight],
      ]);
      return { total, parts: { ...own.parts, kl, cosine } };
    },
  };
}
