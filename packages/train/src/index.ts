export { parseRecipe } from './parse-recipe.js';
export { setRecipeValues } from './set-recipe-values.js';
export { recipeHash } from './recipe-hash.js';
export type { AugmentConfig, OptimiserConfig, Recipe, ScheduleConfig, TaskConfig } from './recipe-schema.js';
export { adam, type AdamConfig } from './adam.js';
export { sgd, type SgdConfig } from './sgd.js';
export { createOptimiser } from './create-optimiser.js';
export type { Optimiser, OptimiserUpdate, StepScalars } from './optimiser.js';
export {
  constantSchedule,
  cosineSchedule,
  createSchedule,
  type Schedule,
  type SchedulePosition,
} from './schedule.js';
export { crossEntropy } from './cross-entropy.js';
export { classification } from './classification.js';
export { extendedMtl, type ExtendedMtlConfig } from './extended-mtl.js';
export { createTask } from './create-task.js';
export type { Task, TaskLoss } from './task.js';
export { namedWeights, type NamedWeight } from './named-weights.js';
export { trainingStep, type TrainingStep } from './training-step.js';
export { inferenceStep, type InferenceStep } from './inference-step.js';
export { augmentBatch } from './augment-batch.js';
export { oneHotTargets } from './one-hot-targets.js';
export { stackMaps } from './stack-maps.js';
export { inMemoryBatches, type BatchSource, type TrainingExample } from './batch-source.js';
export { fit, type FitOptions } from './fit.js';
export type { DoneEvent, EpochEvent, FitEvent, InterruptedEvent, StepEvent, ValidationEvent } from './fit-events.js';
export type { EpochReport, EpochTotals, ValidationReport } from './epoch-totals.js';
export { createPredictor, type EvaluationClip, type EvaluationClips, type Predictor } from './predict-clips.js';
export type { ExecutionOptions } from './sized-step.js';
export { loadWeights } from './load-weights.js';
export { decodeSafetensors, encodeSafetensors, type Safetensors } from './safetensors.js';
export { readCheckpoint, writeCheckpoint, type Checkpoint, type Progress } from './checkpoint.js';
export { openRun, readRun, runPaths, type RunFolder, type RunPaths } from './run-folder.js';
export type { Environment } from './environment.js';
export { writeFileAtomic } from './write-file-atomic.js';
