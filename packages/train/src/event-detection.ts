import { binaryCrossEntropy } from './binary-cross-entropy.js';
import { matchOutput, type Task } from './task.js';

/**
 * Sound events, any number at once: the mean binary cross-entropy over clips and events. A batch holds `events` (B, Y), 1 where
 * an event is heard. Further outputs of the model are not trained.
 */
export function eventDetection(): Task {
  return {
    targets: (labels) => ({ events: labels.scenes.length }),
    loss(outputs, targets) {
      const total = binaryCrossEntropy(...matchOutput(outputs, 0, targets, 'events'));
      return { total, parts: { events: total } };
    },
  };
}
