import { klDivergence } from './kl-divergence.js';
import type { TeachersConfig } from './recipe/distillation-schema.js';
import { matchOutput, type Task } from './task.js';
import { weightedSum } from './weighted-sum.js';

/**
 * A task whose student also learns what teachers said of the clip:
 * hardWeight·task + klWeight·T²·KL(teacher ‖ student), both at temperature T. A batch holds `teacher` (B, Y) besides, the
 * teacher's posteriors at that temperature, see `teacherTargets`; mixup mixes them as it does the labels.
 *
 * Read: L = −Σ q·ln p of Zhang et al. 2019 (eq. 7), with no temperature and no hard labels: T = 1, weights 0 and 1, the same
 * gradient, the value less the entropy of q. T = 2, weights 0.02 and 0.98 with T²: the CP-JKU submission to DCASE 2023
 * (`fschmid56/cpjku_dcase23`).
 */
export function distilFromTeachers(
  task: Task,
  config: Pick<TeachersConfig, 'temperature' | 'hardWeight' | 'klWeight'>,
): Task {
  const { temperature, hardWeight, klWeight } = config;
  return {
    targets: (labels) => ({ ...task.targets(labels), teacher: labels.scenes.length }),
    loss(outputs, targets) {
      const own = task.loss(outputs, targets);
      const [logits, teacher] = matchOutput(outputs, 0, targets, 'teacher');
      const kl = klDivergence(logits, teacher, temperature);
      const total = weightedSum([
        [own.total, hardWeight],
        [kl, klWeight * temperature ** 2],
      ]);
      return { total, parts: { ...own.parts, kl } };
    },
  };
}
