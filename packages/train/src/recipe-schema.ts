import { ENGINES } from '@asc/onnx';
import { z } from 'zod';
import { augmentSchema } from './recipe/augment-schema.js';
import { averagingSchema } from './recipe/averaging-schema.js';
import { cacheSchema } from './recipe/cache-schema.js';
import { datasetSchema } from './recipe/dataset-schema.js';
import { distillationSchema } from './recipe/distillation-schema.js';
import { embeddingsSchema } from './recipe/embeddings-schema.js';
import { evaluateSchema } from './recipe/evaluate-schema.js';
import { initSchema } from './recipe/init-schema.js';
import { positiveInteger } from './recipe/numbers.js';
import { optimiserSchema } from './recipe/optimiser-schema.js';
import { pruningSchema } from './recipe/pruning-schema.js';
import { quantizationSchema } from './recipe/quantization-schema.js';
import { scheduleSchema } from './recipe/schedule-schema.js';
import { smokeSchema } from './recipe/smoke-schema.js';
import { taskSchema } from './recipe/task-schema.js';

/** Options another package interprets (a front end's overrides, a model preset's options): plain JSON by name. */
const jsonOptions = z.record(z.string(), z.json()).default({});

/** The one place that knows what a recipe may hold and what it holds where nothing is said. */
export const recipeSchema = z
  .strictObject({
    name: z.string().min(1).max(200),
    seed: z
      .number()
      .int()
      .min(0)
      .max(2 ** 32 - 1)
      .default(0),
    dataset: datasetSchema,
    features: z.strictObject({ preset: z.string().min(1), overrides: jsonOptions }),
    /** Length of one model input window. */
    clip: z.strictObject({
      seconds: z.number().positive().max(3600),
      /** What is heard of a recording with several channels; `both` is every channel as a recording of its own. */
      stereo: z.enum(['mean', 'mid', 'left', 'right', 'both']).default('mean'),
    }),
    cache: cacheSchema.prefault({}),
    augment: augmentSchema.prefault({}),
    model: z.strictObject({ preset: z.string().min(1), options: jsonOptions }),
    embeddings: embeddingsSchema.optional(),
    init: initSchema.optional(),
    quantization: quantizationSchema.optional(),
    task: taskSchema.prefault({ kind: 'classification' }),
    distillation: distillationSchema.optional(),
    optimiser: optimiserSchema.prefault({ kind: 'adam' }),
    schedule: scheduleSchema.prefault({ kind: 'cosine' }),
    averaging: averagingSchema.prefault({ kind: 'none' }),
    pruning: pruningSchema.optional(),
    batchSize: positiveInteger.max(65_536).default(32),
    /** Leave out the clips that do not fill the last batch of an epoch. */
    dropLast: z.boolean().default(true),
    epochs: positiveInteger.max(1_000_000).default(100),
    evaluate: evaluateSchema.prefault({}),
    engine: z.enum(ENGINES).default('cpu'),
    smoke: smokeSchema.prefault({}),
  })
  .refine(({ task, distillation }) => task.kind !== 'aed' || distillation === undefined, {
    path: ['distillation'],
    params: { expected: 'none with the task "aed": teachers speak of scenes' },
  })
  .refine(({ embeddings, distillation }) => embeddings === undefined || distillation?.kind !== 'segments', {
    path: ['distillation'],
    params: { expected: 'stored teachers, or none, for a network that reads embeddings' },
  })
  .refine(({ pruning, epochs }) => pruning === undefined || pruning.toEpoch < epochs, {
    path: ['pruning', 'toEpoch'],
    params: { expected: 'below epochs: the last epoch at least tunes what is left' },
  })
  .refine(({ quantization, pruning }) => quantization === undefined || pruning === undefined, {
    path: ['pruning'],
    params: { expected: 'none with a section "quantization": norms are kernels of the graph it trains' },
  })
  .refine(({ quantization, init }) => quantization === undefined || init !== undefined, {
    path: ['init'],
    params: { expected: 'the run to go on from, with a section "quantization"' },
  })
  .refine(({ quantization, task }) => quantization === undefined || !('abstractWeight' in task), {
    path: ['task', 'kind'],
    params: { expected: 'classification or aed with a section "quantization": the deployed network has one output' },
  })
  .refine(({ quantization, averaging }) => quantization === undefined || averaging.kind === 'none', {
    path: ['averaging', 'kind'],
    params: { expected: 'none with a section "quantization": a mean of weights rounds otherwise' },
  })
  .refine(({ quantization, distillation }) => quantization === undefined || distillation?.kind !== 'segments', {
    path: ['distillation', 'kind'],
    params: { expected: 'stored teachers, or none, with a section "quantization"' },
  })
  .refine(({ quantization, embeddings }) => quantization === undefined || embeddings === undefined, {
    path: ['embeddings'],
    params: { expected: 'none with a section "quantization"' },
  })
  .refine(
    ({ schedule, optimiser }) => !('minLearningRate' in schedule) || schedule.minLearningRate <= optimiser.learningRate,
    { path: ['schedule', 'minLearningRate'], params: { expected: 'at most optimiser.learningRate' } },
  )
  .refine(
    ({ distillation, evaluate }) =>
      distillation?.kind !== 'segments' || (distillation.refresh === 'validation') === evaluate.keepAside > 0,
    {
      path: ['distillation', 'refresh'],
      params: { expected: '"validation" with evaluate.keepAside above 0, or "test" with evaluate.keepAside 0' },
    },
  );

/** A whole training run as data: plain JSON, every value present. */
export type Recipe = z.output<typeof recipeSchema>;
export type AugmentConfig = Recipe['augment'];
export type { PruningConfig } from './recipe/pruning-schema.js';
export type { DistillationConfig } from './recipe/distillation-schema.js';
export type TestTimeConfig = Recipe['evaluate']['tta'];
export type TaskConfig = Recipe['task'];
export type OptimiserConfig = Recipe['optimiser'];
export type ScheduleConfig = Recipe['schedule'];
export type AveragingConfig = Recipe['averaging'];
