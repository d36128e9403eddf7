import { distilFromTeachers } from './distil-from-teachers.js';
import type { DistillationConfig } from './recipe/distillation-schema.js';
import type { Task } from './task.js';

/** The task with what a recipe's `distillation` adds to it; without one the task itself. */
export function distil(task: Task, config: DistillationConfig | undefined): Task {
  return config === undefined ? task : distilFromTeachers(task, config);
}
