import { UsageError, type LabelSpace, type NdSpec } from '@asc/core';
import type { StepFunction } from '@asc/onnx';
import * as tf from '@tensorflow/tfjs-core';
import type { LayersModel } from '@tensorflow/tfjs-layers';
import { flatten, unflatten } from './flat-parameters.js';
import { applyModel, inputSpecs } from './model-inputs.js';
import { namedWeights } from './named-weights.js';
import type { Optimiser } from './optimiser.js';
import type { Task } from './task.js';

/** A step function with all it reads and writes, ready for `compileStep`. */
export interface TrainingStep {
  /**
   * Inputs `x` (B, F, T, C), the model's further inputs by name, the task's soft labels, `optimiser/<name>` scalars and, where the model watches ranges, `observing`. Outputs `total` (), the descended loss
   * with the layers' own regularisers, `part/<name>` () of the task, and `logits` (B, Y) of the scenes.
   */
  readonly run: StepFunction;
  /** The model's weights and running statistics by name, and `optimiser/<slot>` vectors (P). */
  readonly state: Readonly<Record<string, tf.Variable>>;
  /** Shapes of the inputs for `x` of shape (B, F, T, C). */
  inputs(xShape: readonly number[]): Readonly<Record<string, NdSpec>>;
  /** Frees the optimiser's variables; the model keeps its own. */
  dispose(): void;
}

/**
 * One step of training as a function: forward pass, loss, gradients, optimiser update and batch-norm statistics.
 *
 * @throws UsageError where nothing is trainable, or (when run) where the loss does not depend on a trainable weight.
 */
export function trainingStep(options: {
  readonly model: LayersModel;
  readonly task: Task;
  readonly labels: LabelSpace;
  readonly optimiser: Optimiser;
  /** The model watches ranges: the step takes a scalar `observing`, 1 where they move, and hands it to the layers. */
  readonly watches?: boolean | undefined;
}): TrainingStep {
  const { model, task, labels, optimiser, watches = false } = options;
  const weights = namedWeights(model);
  const trained = weights.filter((weight) => weight.trainable);
  if (trained.length === 0) throw new UsageError({ what: `Every weight of the model "${model.name}" is frozen.` });
  const variables = trained.map((weight) => weight.variable);
  const shapes = variables.map((variable) => variable.shape);
  const size = variables.reduce((sum, variable) => sum + variable.size, 0);
  const slots = Object.fromEntries(
    optimiser.slots.map((name) => [name, tf.tidy(() => tf.variable(tf.zeros([size]), false))]),
  );
  const targets = Object.entries(task.targets(labels));

  const run: StepFunction = (inputs, random) => {
    const input = (name: string) => required(inputs, name);
    const kept: Record<string, tf.Tensor> = {};
    const { value: total, grads } = tf.variableGrads(() => {
      const observing = watches ? { observing: input('observing') } : {};
      const outputs = applyModel(model, input, { training: true, random, ...observing });
      const loss = task.loss(outputs, Object.fromEntries(targets.map(([name]) => [name, input(name)])));
      // What leaves this function beside the sum would be freed at its end.
      kept['logits'] = tf.keep(tf.clone(outputs[0] as tf.Tensor));
      for (const [name, part] of Object.entries(loss.parts)) kept[`part/${name}`] = tf.keep(tf.clone(part));
      const penalties = model.calculateLosses();
      return penalties.length === 0 ? loss.total : (tf.add(loss.total, tf.addN(penalties)) as tf.Scalar);
    }, variables);

    const gradients = trained.map(({ name, variable }) => grads[variable.name] ?? refuseUntrained(name));
    const updated = optimiser.update({
      parameters: flatten(variables),
      gradients: flatten(gradients),
      slots,
      scalars: Object.fromEntries(optimiser.scalarNames.map((name) => [name, input(`optimiser/${name}`)])),
    });
    for (const [name, value] of Object.entries(updated.slots)) slots[name]?.assign(value);
    for (const [i, value] of unflatten(updated.parameters, shapes).entries()) {
      const { variable, constraint } = trained[i] as (typeof trained)[number];
      variable.assign(constraint === null ? value : constraint.apply(value));
    }
    return { total, ...Object.fromEntries(Object.entries(kept).map(([name, tensor]) => [name, unkeep(tensor)])) };
  };

  return {
    run,
    state: {
      ...Object.fromEntries(weights.map(({ name, variable }) => [name, variable])),
      ...Object.fromEntries(Object.entries(slots).map(([name, variable]) => [`optimiser/${name}`, variable])),
    },
    inputs: (xShape) => ({
      ...inputSpecs(model, xShape),
      ...Object.fromEntries(
        targets.map(([name, width]) => [name, { dtype: 'float32', shape: [xShape[0] ?? 0, width] } as const]),
      ),
      ...Object.fromEntries(
        optimiser.scalarNames.map((name) => [`optimiser/${name}`, { dtype: 'float32', shape: [] } as const]),
      ),
      ...(watches && { observing: { dtype: 'float32', shape: [] } as const }),
    }),
    dispose() {
      for (const slot of Object.values(slots)) slot.dispose();
    },
  };
}

/** The tensor again, subject to `tf.tidy` like any other. */
function unkeep(tensor: tf.Tensor): tf.Tensor {
  const released = tf.clone(tensor);
  tensor.dispose();
  return released;
}

function required(inputs: Readonly<Record<string, tf.Tensor>>, name: string): tf.Tensor {
  const tensor = inputs[name];
  if (tensor) return tensor;
  throw new UsageError({
    what: `The training step misses the input "${name}".`,
    received: Object.keys(inputs).join(', '),
  });
}

function refuseUntrained(name: string): never {
  throw new UsageError({
    what: `The loss does not depend on the trainable weight "${name}".`,
    expected: 'every trainable weight to take part in the task',
    hint: 'Build the model for this task (an extended-MTL branch needs the extended-mtl task), or freeze the layer.',
  });
}
