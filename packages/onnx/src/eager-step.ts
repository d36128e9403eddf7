import { type NdArray, type NdArrays, type Rng, UsageError, checkShape, ndArray } from '@asc/core';
import { type Tensor, tensor, tidy } from '@tensorflow/tfjs-core';
import { eagerRandom } from './random-source.js';
import { checkState, readVariable, writeVariable } from './step-state.js';
import type { CompiledStep, StepFunction, StepOptions } from './step.js';

/** The same contract as a compiled step, kept by tfjs on its current backend: slow, and the reference. */
export function createEagerStep(fn: StepFunction, options: StepOptions): CompiledStep {
  const variables = options.state ?? {};
  return {
    async run(inputs: NdArrays, rng: Rng): Promise<NdArrays> {
      for (const name of new Set([...Object.keys(inputs), ...Object.keys(options.inputs)])) {
        const spec = options.inputs[name];
        const array = inputs[name];
        if (spec === undefined || array === undefined) {
          throw new UsageError({
            what: 'The arrays given are not the inputs of the step.',
            expected: Object.keys(options.inputs).join(', '),
            received: Object.keys(inputs).join(', '),
          });
        }
        checkShape(`input '${name}'`, array.shape, spec.shape);
      }
      const results: Record<string, NdArray> = {};
      tidy(() => {
        const feeds: Record<string, Tensor> = {};
        for (const [name, array] of Object.entries(inputs))
          feeds[name] = tensor(array.data, [...array.shape], array.dtype);
        const outputs = fn(feeds, eagerRandom(rng));
        for (const [name, t] of Object.entries(outputs)) {
          results[name] = ndArray(t.dtype as 'float32', [...t.shape], t.dataSync<'float32'>().slice());
        }
      });
      return results;
    },
    readState: () => Object.fromEntries(Object.entries(variables).map(([name, v]) => [name, readVariable(v)])),
    writeState(values: NdArrays): void {
      for (const [name, array] of Object.entries(values)) {
        const variable = variables[name];
        checkState(name, array, variable === undefined ? undefined : readVariable(variable));
      }
      for (const [name, array] of Object.entries(values)) writeVariable(variables[name]!, array);
    },
    writeVariables: () => undefined,
    release: async () => undefined,
  };
}
