import { UsageError } from '@asc/core';
import * as tf from '@tensorflow/tfjs-core';
import { model as newModel, type LayersModel, type SymbolicTensor } from '@tensorflow/tfjs-layers';

/**
 * The same network, weights shared, with its last hidden layer as a further, last output: what goes into the layer that gives
 * the scene's logits. That is, on the way back from the first output, the first layer with a kernel; norms, averages and
 * activations behind it are passed.
 *
 * @throws UsageError where the way forks before such a layer is met.
 */
export function withHiddenOutput(model: LayersModel): LayersModel {
  return newModel({ inputs: model.inputs, outputs: [...model.outputs, hiddenTensor(model)], name: model.name });
}

/** The hidden output as vectors: (B, …, H) averaged over all axes between → (B, H). */
export function hiddenVectors(hidden: tf.Tensor): tf.Tensor {
  if (hidden.rank <= 2) return hidden;
  return tf.mean(
    hidden,
    Array.from({ length: hidden.rank - 2 }, (_, i) => i + 1),
  );
}

/** H of a model with its hidden output. */
export function hiddenWidth(model: LayersModel): number {
  return model.outputs.at(-1)?.shape.at(-1) ?? 0;
}

function hiddenTensor(model: LayersModel): SymbolicTensor {
  let tensor = model.outputs[0];
  while (tensor !== undefined) {
    const { sourceLayer: layer, nodeIndex }: SymbolicTensor = tensor;
    const inputs: readonly SymbolicTensor[] = layer.inboundNodes[nodeIndex]?.inputTensors ?? [];
    if (inputs.length !== 1) break;
    [tensor] = inputs;
    if (tensor !== undefined && layer.weights.some(({ shape }) => shape.length > 1)) return tensor;
  }
  throw new UsageError({
    what: `The last hidden layer of the model "${model.name}" was not found.`,
    expected:
      'on the way back from the first output, a layer with a kernel and one input before any that joins several',
    received: model.outputs[0]?.sourceLayer.name ?? 'no output',
    hint: 'End the network in a dense layer or a convolution.',
  });
}
