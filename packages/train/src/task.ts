import { UsageError, type LabelSpace } from '@asc/core';
import type { Scalar, Tensor } from '@tensorflow/tfjs-core';

/** What a batch costs: `total` is descended, the parts are for people. All (). */
export interface TaskLoss {
  readonly total: Scalar;
  readonly parts: Readonly<Record<string, Scalar>>;
}

/** What a network is trained to do. The model's outputs are logits, the scene's (B, Y) first. */
export interface Task {
  /** Arrays a batch must hold beside `x`, soft labels (B, width), by name and width. */
  targets(labels: LabelSpace): Readonly<Record<string, number>>;
  loss(outputs: readonly Tensor[], targets: Readonly<Record<string, Tensor>>): TaskLoss;
}

/** Output `index` of a model and the batch array it is compared with. @throws UsageError where they do not match. */
export function matchOutput(
  outputs: readonly Tensor[],
  index: number,
  targets: Readonly<Record<string, Tensor>>,
  name: string,
): [logits: Tensor, target: Tensor] {
  const logits = outputs[index];
  const target = targets[name];
  const describe = (tensor: Tensor | undefined) => (tensor === undefined ? 'none' : `(${tensor.shape.join(', ')})`);
  if (logits !== undefined && target !== undefined && describe(logits) === describe(target)) return [logits, target];
  throw new UsageError({
    what: `Output ${index} of the model does not fit the task's ${name} labels.`,
    expected: describe(target),
    received: describe(logits),
    hint: 'The outputs are logits, scene first, then abstract; build the model for the labels and task of the recipe.',
  });
}
