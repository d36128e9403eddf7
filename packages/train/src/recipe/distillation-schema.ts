import { z } from 'zod';
import { positiveInteger } from './numbers.js';

const weight = z.number().min(0).max(1e6);
const temperature = z.number().positive().max(1000);

/** A file of `asc teach`; a run notes which bytes it was, and takes no others when resumed. */
const teacherFile = z.strictObject({
  file: z.string().min(1),
  sha256: z
    .string()
    .refine((text) => /^[0-9a-f]{64}$/.test(text), { params: { expected: '64 hexadecimal digits' } })
    .optional(),
});

/** What a network learns from another beside its labels. Weights are of the parts of the loss. */
export const distillationSchema = z.discriminatedUnion('kind', [
  /** Teachers trained before, whose answers to the training clips lie in files. The defaults are Zhang et al. 2019. */
  z
    .strictObject({
      kind: z.literal('teachers'),
      teachers: z.array(teacherFile).min(1).max(100),
      /** The mean of their logits; one drawn per batch; or every clip once per teacher in an epoch. */
      strategy: z.enum(['mean', 'switch', 'augmented']).default('mean'),
      /** Divides the logits of teacher and student; the divergence is multiplied by its square. */
      temperature: temperature.default(1),
      /** Of the task's own loss. */
      hardWeight: weight.default(0),
      klWeight: weight.default(1),
    })
    .refine(({ hardWeight, klWeight }) => hardWeight + klWeight > 0, {
      path: ['klWeight'],
      params: { expected: 'a weight above 0 for at least one part of the loss' },
    }),
  /** The student's own earlier self, asked at every step about clips of the same scene. The defaults are Heo et al. 2021. */
  z
    .strictObject({
      kind: z.literal('segments'),
      /** Clips the teacher answers for and whose mean is learnt: the student's own, then others of its scene. */
      segments: positiveInteger.max(100).default(3),
      /** Divides the logits of teacher and student. */
      temperature: temperature.default(2),
      /** Of the task's own loss. */
      hardWeight: weight.default(1),
      klWeight: weight.default(1),
      /** Of the cosine distance between the last hidden layers. */
      cosineWeight: weight.default(1),
      /**
       * Where the student must get better for the teacher to become a copy of it: on the training clips `evaluate.keepAside` keeps
       * aside, or, as in the paper, on the held-out side of the fold, which the result is then chosen on.
       */
      refresh: z.enum(['validation', 'test']).default('validation'),
    })
    .refine(({ hardWeight, klWeight, cosineWeight }) => hardWeight + klWeight + cosineWeight > 0, {
      path: ['klWeight'],
      params: { expected: 'a weight above 0 for at least one part of the loss' },
    }),
]);

export type DistillationConfig = z.output<typeof distillationSchema>;
export type TeachersConfig = Extract<DistillationConfig, { kind: 'teachers' }>;
export type SegmentsConfig = Extract<DistillationConfig, { kind: 'segments' }>;
