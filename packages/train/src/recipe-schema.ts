import { z } from 'zod';

/** Options another package interprets (a front end's overrides, a model preset's options): plain JSON by name. */
const jsonOptions = z.record(z.string(), z.json()).default({});
const positiveInteger = z.number().int().min(1);

const stripes = z.strictObject({
  /** Stripes a batch; 0 is off. */
  count: z.number().int().min(0).max(64).default(0),
  /** Widths are drawn uniformly from 0 … maxWidth − 1, bands or frames. */
  maxWidth: positiveInteger.default(1),
});

const learningRate = z.number().positive().max(100);
const weightDecay = z.number().min(0).max(1).default(0);
const decayRate = z.number().min(0).lt(1);

const dataset = z.discriminatedUnion('kind', [
  /** TAU Urban Acoustic Scenes layout: `meta.csv`, `evaluation_setup/fold<fold>_*.csv`. */
  z.strictObject({ kind: z.literal('tau'), root: z.string().min(1).optional(), fold: positiveInteger.default(1) }),
  /** One folder of recordings a label. */
  z.strictObject({ kind: z.literal('folder'), root: z.string().min(1).optional(), fold: positiveInteger.default(1) }),
  /** The built-in synthetic scenes, generated under `root`. */
  z.strictObject({
    kind: z.literal('synthetic'),
    root: z.string().min(1).optional(),
    fold: positiveInteger.default(1),
  }),
]);

const task = z.discriminatedUnion('kind', [
  z.strictObject({ kind: z.literal('classification') }),
  z.strictObject({
    kind: z.literal('extended-mtl'),
    sceneWeight: z.number().positive().default(5),
    abstractWeight: z.number().min(0).default(1),
  }),
]);

const optimiser = z.discriminatedUnion('kind', [
  z.strictObject({
    kind: z.literal('adam'),
    learningRate: learningRate.default(1e-3),
    beta1: decayRate.default(0.9),
    beta2: decayRate.default(0.999),
    epsilon: z.number().positive().max(1).default(1e-8),
    weightDecay,
  }),
  z
    .strictObject({
      kind: z.literal('sgd'),
      learningRate: learningRate.default(1e-2),
      momentum: decayRate.default(0),
      nesterov: z.boolean().default(false),
      weightDecay,
    })
    .refine((sgd) => !sgd.nesterov || sgd.momentum > 0, {
      path: ['nesterov'],
      params: { expected: 'false, or a momentum above 0' },
    }),
]);

const schedule = z.discriminatedUnion('kind', [
  z.strictObject({
    kind: z.literal('cosine'),
    minLearningRate: z.number().min(0).default(0),
    /** Move every step, or hold within an epoch. */
    perStep: z.boolean().default(true),
  }),
  z.strictObject({ kind: z.literal('constant') }),
]);

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
    dataset,
    features: z.strictObject({ preset: z.string().min(1), overrides: jsonOptions }),
    /** Length of one model input window. */
    clip: z.strictObject({ seconds: z.number().positive().max(3600) }),
    augment: z
      .strictObject({
        /** Roll every map in time by an amount of its own, ends joined. */
        timeRoll: z.boolean().default(false),
        /** Beta(alpha, alpha) mixing weight, one a batch; 0 is off. */
        mixup: z.strictObject({ alpha: z.number().min(0).max(100).default(0) }).prefault({}),
        frequencyMask: stripes.prefault({}),
        timeMask: stripes.prefault({}),
      })
      .prefault({}),
    model: z.strictObject({ preset: z.string().min(1), options: jsonOptions }),
    task: task.prefault({ kind: 'classification' }),
    optimiser: optimiser.prefault({ kind: 'adam' }),
    schedule: schedule.prefault({ kind: 'cosine' }),
    batchSize: positiveInteger.max(65_536).default(32),
    /** Leave out the clips that do not fill the last batch of an epoch. */
    dropLast: z.boolean().default(true),
    epochs: positiveInteger.max(1_000_000).default(100),
    evaluate: z
      .strictObject({
        /** Windows spread evenly over a longer clip, posteriors averaged. */
        crops: positiveInteger.max(1000).default(1),
        /** Validate after every so many epochs, and after the last. */
        everyEpochs: positiveInteger.default(1),
      })
      .prefault({}),
    engine: z.enum(['cpu', 'eager']).default('cpu'),
  })
  .refine(
    ({ schedule, optimiser }) => schedule.kind !== 'cosine' || schedule.minLearningRate <= optimiser.learningRate,
    { path: ['schedule', 'minLearningRate'], params: { expected: 'at most optimiser.learningRate' } },
  );

/** A whole training run as data: plain JSON, every value present. */
export type Recipe = z.output<typeof recipeSchema>;
export type AugmentConfig = Recipe['augment'];
export type TaskConfig = Recipe['task'];
export type OptimiserConfig = Recipe['optimiser'];
export type ScheduleConfig = Recipe['schedule'];
