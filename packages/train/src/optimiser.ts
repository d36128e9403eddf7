import type { Tensor } from '@tensorflow/tfjs-core';

/** Numbers a step needs beside its tensors, computed in double precision from the step count. */
export type StepScalars = Readonly<Record<string, number>>;

/** Where a batch stands among those whose gradients make one update together. */
export interface UpdatePart {
  /** Its clips over those of the update so far, its own included. */
  readonly share: number;
  /** The update is due with this batch. */
  readonly last: boolean;
}

/** An update of a single batch. */
export const WHOLE_UPDATE: UpdatePart = { share: 1, last: true };

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
  /** Numbers for update `step`, counted from 0, at the schedule's `learningRate`; `part` is {@link WHOLE_UPDATE} by default. */
  scalars(step: number, learningRate: number, part?: UpdatePart): StepScalars;
  /** New parameters and slots; pure tfjs. */
  update(update: OptimiserUpdate): { readonly parameters: Tensor; readonly slots: Readonly<Record<string, Tensor>> };
}
