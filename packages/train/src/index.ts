export { parseRecipe } from './parse-recipe.js';
export { smokeRecipe } from './smoke-recipe.js';
export { setRecipeValues } from './set-recipe-values.js';
export { defaultEvaluation } from './recipe/evaluate-schema.js';
export { recipeHash } from './recipe-hash.js';
export type {
  AugmentConfig,
  AveragingConfig,
  DistillationConfig,
  OptimiserConfig,
  PruningConfig,
  Recipe,
  ScheduleConfig,
  TaskConfig,
  TestTimeConfig,
} from './recipe-schema.js';
export { adam, type AdamConfig } from './adam.js';
export { adamW, type AdamWConfig } from './adamw.js';
export { sgd, type SgdConfig } from './sgd.js';
export { createOptimiser } from './create-optimiser.js';
export { clipByNorm, clipByValue } from './clip-gradients.js';
export { accumulateGradients } from './accumulate-gradients.js';
export { averageWeights, emaShare, swaShare, type AverageShare } from './average-weights.js';
export { pruneUpdates } from './prune-updates.js';
export { createPruner, type Pruner } from './prune-weights.js';
export { sparsityAt } from './pruning-schedule.js';
export { averagedState } from './averaging.js';
export { createStatistician, type Statistician } from './recompute-statistics.js';
export type { Optimiser, OptimiserUpdate, StepScalars, UpdatePart } from './optimiser.js';
export { constantSchedule, createSchedule, perEpoch, type Schedule, type SchedulePosition } from './schedule.js';
export { cosineSchedule, type CosineConfig } from './cosine-schedule.js';
export { cosineRestartsSchedule, type CosineRestartsConfig } from './cosine-restarts-schedule.js';
export { noamSchedule, type NoamConfig } from './noam-schedule.js';
export { warmUp, type WarmUpConfig } from './warm-up.js';
export { crossEntropy } from './cross-entropy.js';
export { binaryCrossEntropy } from './binary-cross-entropy.js';
export { eventDetection } from './event-detection.js';
export { focalLoss } from './focal-loss.js';
export { classification, type ClassificationConfig } from './classification.js';
export { jointTraining, type JointTrainingConfig } from './joint-training.js';
export { createTask } from './create-task.js';
export type { BatchClip, ClipTargets } from './clip-targets.js';
export { cosineDistance } from './cosine-distance.js';
export { distilFromSegments } from './distil-from-segments.js';
export { distilFromTeachers } from './distil-from-teachers.js';
export { klDivergence } from './kl-divergence.js';
export { sceneSegments, segmentRows, type SegmentDraw } from './scene-segments.js';
export { readTeacherLogits, writeTeacherLogits, type TeacherLogits } from './teacher-logits.js';
export { teacherTargets, type NamedTeacher } from './teacher-targets.js';
export type { Task, TaskLoss } from './task.js';
export { namedWeights, type NamedWeight } from './named-weights.js';
export { trainingStep, type TrainingStep } from './training-step.js';
export { inferenceStep, type InferenceStep } from './inference-step.js';
export { augmentBatch } from './augment-batch.js';
export { multiHotTargets } from './multi-hot-targets.js';
export { oneHotTargets } from './one-hot-targets.js';
export type { FurtherMaps } from './model-inputs.js';
export { stackFurther, stackMaps } from './stack-maps.js';
export { inMemoryBatches, type BatchSource, type TrainingExample } from './batch-source.js';
export { fit, type FitOptions } from './fit.js';
export type { DoneEvent, EpochEvent, FitEvent, InterruptedEvent, StepEvent, ValidationEvent } from './fit-events.js';
export type { EpochReport, EpochTotals, ValidationReport } from './epoch-totals.js';
export { createPredictor, type EvaluationClip, type EvaluationClips, type Predictor } from './predict-clips.js';
export type { ExecutionOptions } from './sized-step.js';
export { initWeights } from './init-weights.js';
export { loadWeights } from './load-weights.js';
export { decodeSafetensors, encodeSafetensors, type Safetensors } from './safetensors.js';
export { readCheckpoint, writeCheckpoint, type Checkpoint, type Progress } from './checkpoint.js';
export { openRun, readRun, runPaths, type RunFolder, type RunPaths } from './run-folder.js';
export { describeStatus, type RunStatus } from './run-status.js';
export { describeEnvironment, type Environment } from './environment.js';
export {
  fakeQuantize,
  gridOf,
  roundToScale,
  weightScale,
  type Grid,
  type IntegerType,
} from './quantization/fake-quantize.js';
export { graphModel, type GraphModel } from './quantization/graph-model.js';
export { GraphLayer, type GraphLayerConfig, type WatchedRange } from './quantization/graph-layer.js';
