import { UsageError } from '@asc/core';
import { crossEntropy } from './cross-entropy.js';
import { focalLoss } from './focal-loss.js';
import { smoothLabels } from './smooth-labels.js';
import { matchOutput, type Task } from './task.js';

export interface ClassificationConfig {
  /** Share of every label that is spread over all classes; default 0. */
  readonly labelSmoothing?: number;
  /** Exponent γ of the focal loss; default 0, plain cross-entropy. */
  readonly focalGamma?: number;
}

/**
 * Scene classification: cross-entropy of hard or soft labels, perhaps smoothed, perhaps focal. Further outputs of the model
 * are not trained.
 *
 * @throws UsageError for a share outside [0, 1) and a negative exponent.
 */
export function classification(config: ClassificationConfig = {}): Task {
  const { labelSmoothing = 0, focalGamma = 0 } = config;
  if (!(labelSmoothing >= 0 && labelSmoothing < 1)) refuse('labelSmoothing', 'at least 0 and below 1', labelSmoothing);
  if (!(focalGamma >= 0)) refuse('focalGamma', 'at least 0', focalGamma);
  return {
    targets: (labels) => ({ scene: labels.scenes.length }),
    loss(outputs, targets) {
      const [logits, given] = matchOutput(outputs, 0, targets, 'scene');
      const labels = labelSmoothing === 0 ? given : smoothLabels(given, labelSmoothing);
      const total = focalGamma === 0 ? crossEntropy(logits, labels) : focalLoss(logits, labels, focalGamma);
      return { total, parts: { scene: total } };
    },
  };
}

function refuse(name: string, expected: string, received: number): never {
  throw new UsageError({ what: `${name} of classification is not valid.`, expected, received: `${received}` });
}
