import { z } from 'zod';

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
]);

export type DistillationConfig = z.output<typeof distillationSchema>;
export type TeachersConfig = Extract<DistillationConfig, { kind: 'teachers' }>;
