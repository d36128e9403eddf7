import type { NdArrays, NdSpec, Rng } from '@asc/core';
import * as tf from '@tensorflow/tfjs-core';
import type { LayersModel } from '@tensorflow/tfjs-layers';
import { ahead } from './ahead.js';
import { applyModel, inputArrays, inputSpecs } from './model-inputs.js';
import { namedWeights } from './named-weights.js';
import { sizedStep, type ExecutionOptions, type StepSource } from './sized-step.js';

/** Learns the running statistics of a model's weights anew. */
export interface Statistician {
  /**
   * `weights` with the running statistics that batch norm layers find in `batches`, their plain mean over batches;
   * `undefined` where `stopped` said so in between.
   */
  recompute(
    weights: NdArrays,
    batches: AsyncIterable<NdArrays>,
    options: { readonly rng: Rng; readonly stopped: () => boolean },
  ): Promise<NdArrays | undefined>;
  release(): Promise<void>;
}

/**
 * Prepares a model's forward pass in its training form, dropout included, which learns nothing but statistics. Batches
 * come as they are: unmixed and unmasked, as the recordings to judge will be.
 *
 * Source: `torch.optim.swa_utils.update_bn`. Layers of tfjs itself do not take part in the plain mean: theirs goes on from the
 * running one by their own momentum.
 */
export function createStatistician(model: LayersModel, options: ExecutionOptions): Statistician {
  const step = sizedStep(statisticsStep(model), options);
  return {
    async recompute(weights, batches, { rng, stopped }) {
      step.writeState(weights);
      let count = 0;
      for await (const batch of ahead(batches)) {
        if (stopped()) return undefined;
        count++;
        const share = { dtype: 'float32', shape: [], data: Float32Array.of(1 / count) } as const;
        const inputs = inputArrays(model).map((name) => [name, batch[name] as NdArrays[string]]);
        await step.run({ ...Object.fromEntries(inputs), share }, rng.split(count));
      }
      return step.readState();
    },
    release: () => step.release(),
  };
}

function statisticsStep(model: LayersModel): StepSource {
  return {
    run: (inputs, random) => {
      const { share } = inputs;
      applyModel(model, (name) => inputs[name] as tf.Tensor, { training: true, random, statisticsShare: share });
      // A graph must have an output, also where no layer keeps statistics.
      return { taken: tf.neg(share as tf.Tensor) };
    },
    state: Object.fromEntries(namedWeights(model).map(({ name, variable }) => [name, variable])),
    inputs: (xShape): Readonly<Record<string, NdSpec>> => ({
      ...inputSpecs(model, xShape),
      share: { dtype: 'float32', shape: [] },
    }),
  };
}
