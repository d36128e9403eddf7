import { crossEntropy } from './cross-entropy.js';
import { matchOutput, type Task } from './task.js';

/** Scene classification: cross-entropy of soft labels. Further outputs of the model are not trained. */
export function classification(): Task {
  return {
    targets: (labels) => ({ scene: labels.scenes.length }),
    loss(outputs, targets) {
      const total = crossEntropy(...matchOutput(outputs, 0, targets, 'scene'));
      return { total, parts: { scene: total } };
    },
  };
}
