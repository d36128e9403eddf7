import { UsageError } from '@asc/core';
import type { LayersModel } from '@tensorflow/tfjs-layers';
import { distilFromSegments } from './distil-from-segments.js';
import { distilFromTeachers } from './distil-from-teachers.js';
import { onlineTeacher, type OnlineTeacher } from './online-teacher.js';
import type { DistillationConfig } from './recipe/distillation-schema.js';
import type { ExecutionOptions } from './sized-step.js';
import type { Task } from './task.js';
import { hiddenWidth, withHiddenOutput } from './with-hidden-output.js';

/** A task and network as distillation trains them. */
export interface Distilled {
  readonly task: Task;
  readonly model: LayersModel;
  /** Answers during training, where there is one that does. */
  readonly teacher?: OnlineTeacher;
}

/**
 * What a recipe's `distillation` makes of a task and a model; without one, the same.
 *
 * @throws UsageError where an online teacher cannot be had: the model has several inputs, or no hidden layer to compare.
 */
export function distil(
  task: Task,
  model: LayersModel,
  config: DistillationConfig | undefined,
  execution: ExecutionOptions,
): Distilled {
  switch (config?.kind) {
    case undefined:
      return { task, model };
    case 'teachers':
      return { task: distilFromTeachers(task, config), model };
    case 'segments': {
      if (model.inputs.length > 1) refuseInputs(model);
      const shown = withHiddenOutput(model);
      return {
        task: distilFromSegments(task, config, hiddenWidth(shown)),
        model: shown,
        teacher: onlineTeacher(shown, config, execution),
      };
    }
  }
}

function refuseInputs({ name, inputNames }: LayersModel): never {
  throw new UsageError({
    what: `The model "${name}" cannot be distilled from segments: its teacher would hear feature maps alone.`,
    expected: 'a model of one input',
    received: inputNames.join(', '),
    hint: 'Set distillation.kind to "teachers".',
  });
}
