import { classification } from './classification.js';
import { extendedMtl } from './extended-mtl.js';
import type { TaskConfig } from './recipe-schema.js';
import type { Task } from './task.js';

/** The task a recipe names. */
export function createTask(config: TaskConfig): Task {
  return config.kind === 'classification' ? classification() : extendedMtl(config);
}
