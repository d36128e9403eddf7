import type { Predictions } from '@asc/core';
import type { EpochReport, ValidationReport } from './epoch-totals.js';

/** One training step is done. Epochs and steps count from 0; loss and parts are means over the batch. */
export interface StepEvent {
  readonly kind: 'step';
  readonly epoch: number;
  readonly step: number;
  readonly stepsPerEpoch: number;
  readonly loss: number;
  readonly parts: Readonly<Record<string, number>>;
  readonly learningRate: number;
  readonly clips: number;
  /** From asking for the batch to having the new weights. */
  readonly seconds: number;
}

/** The held-out clips were judged; comes before the epoch's own event. */
export interface ValidationEvent {
  readonly kind: 'validation';
  readonly epoch: number;
  readonly validation: ValidationReport;
  /** Of the averaged weights, where there are any. */
  readonly averaged: ValidationReport | undefined;
}

/** An epoch is done and, in a run folder, on disk. */
export interface EpochEvent {
  readonly kind: 'epoch';
  readonly report: EpochReport;
  /** No epoch before was as good. */
  readonly best: boolean;
}

/** The signal stopped the run at a step boundary; the last event. */
export interface InterruptedEvent {
  readonly kind: 'interrupted';
  readonly epoch: number;
  /** Steps done in that epoch. */
  readonly step: number;
  /** There is a checkpoint to resume from. */
  readonly saved: boolean;
}

/** Every epoch is done, and the model's variables hold the final weights (averaged, where the recipe averages); the last event. */
export interface DoneEvent {
  readonly kind: 'done';
  /** Of the final weights on the held-out clips, where there are any. */
  readonly predictions: Predictions | undefined;
}

export type FitEvent = StepEvent | ValidationEvent | EpochEvent | InterruptedEvent | DoneEvent;
