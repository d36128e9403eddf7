import { classification } from './classification.js';
import { eventDetection } from './event-detection.js';
import { jointTraining } from './joint-training.js';
import type { TaskConfig } from './recipe-schema.js';
import type { Task } from './task.js';

/** The task a recipe names. */
export function createTask(config: TaskConfig): Task {
  switch (config.kind) {
    case 'classification':
      return classification(config);
    case 'aed':
      return eventDetection();
    default:
      return jointTraining(config);
  }
}
