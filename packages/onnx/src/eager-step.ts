import type { NdArray, NdArrays, Rng } from '@asc/core';
import { type Tensor, tidy } from '@tensorflow/tfjs-core';
import { eagerRandom } from './random-source.js';
import { checkInputs, checkState, copyToTensor, readTensor, releasedError, writeVariable } from './step-state.js';
import type { CompiledStep, StepFunction, StepOptions } from './step.js';

/** The same contract as a compiled step, kept by tfjs on its current backend: slow, and the reference. */
export function createEagerStep(fn: StepFunction, options: StepOptions): CompiledStep {
  const variables = options.state ?? {};
  let released = false;
  return {
    async run(inputs: NdArrays, rng: Rng): Promise<NdArrays> {
      if (released) throw releasedError();
      checkInputs(inputs, options.inputs);
      const results: Record<string, NdArray> = {};
      tidy(() => {
        const feeds: Record<string, Tensor> = {};
        for (const [name, array] of Object.entries(inputs)) feeds[name] = copyToTensor(array);
        const outputs = fn(feeds, eagerRandom(rng));
        for (const [name, t] of Object.entries(outputs)) results[name] = readTensor(t);
      });
      return results;
    },
    readState: () => Object.fromEntries(Object.entries(variables).map(([name, v]) => [name, readTensor(v)])),
    writeState(values: NdArrays): void {
      for (const [name, array] of Object.entries(values)) {
        const variable = variables[name];
        checkState(name, array, variable === undefined ? undefined : readTensor(variable));
      }
      for (const [name, array] of Object.entries(values)) writeVariable(variables[name]!, array);
    },
    writeVariables: () => undefined,
    async release(): Promise<void> {
      released = true;
    },
  };
}
