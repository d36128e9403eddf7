import type { Tensor } from '@tensorflow/tfjs-core';

/** Numbers a step needs beside its tensors, computed in double precision from the step count. */
export type StepScalars = Readonly<Record<string, number>>;

/** One update of a group of parameters, all in one flat tensor (P). */
export interface OptimiserUpdate {
  readonly parameters: Tensor;
  readonly gradients: Tensor;
  /** By the names of {@link Optimiser.slots}, each (P). */
  readonly slots: Readonly<Record<string, Tensor>>;
  /** What {@link Optimiser.scalars} gave for this step. */
  readonly scalars: Readonly<Record<string, Tensor>>;
}

/**
 * A rule of descent that treats every parameter alike, so that a whole network updates as one flat vector: a few large
 * operations instead of a dozen small ones a weight. State is passed, never kept.
 */
export interface Optimiser {
  /** Names of the running averages it keeps, one number a parameter, zero at the start. */
  readonly slots: readonly string[];
  /** Names of the numbers {@link scalars} returns. */
  readonly scalarNames: readonly string[];
  /** Numbers for step `step`, counted from 0, at the schedule's `learningRate`. */
  scalars(step: number, learningRate: number): StepScalars;
  /** New parameters and slots; pure tfjs. */
  update(update: OptimiserUpdate): { readonly parameters: Tensor; readonly slots: Readonly<Record<string, Tensor>> };
}
