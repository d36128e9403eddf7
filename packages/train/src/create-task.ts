import { classification } from './classification.js';
import { jointTraining } from './joint-training.js';
import type { TaskConfig } from './recipe-schema.js';
import type { Task } from './task.js';

/** The task a recipe names. */
export function createTask(config: TaskConfig): Task {
  return config.kind === 'classification' ? classification(config) : jointTraining(config);
}
