import { z } from 'zod';

/** Scenes and abstract classes at once. The weights are those of the authors' code for extended MTL (Shim et al. 2022). */
function jointTraining<const K extends string>(kind: K) {
  return z.strictObject({
    kind: z.literal(kind),
    sceneWeight: z.number().positive().default(5),
    abstractWeight: z.number().min(0).default(1),
  });
}

/** What the network is trained to do. */
export const taskSchema = z.discriminatedUnion('kind', [
  z.strictObject({
    kind: z.literal('classification'),
    /** `abstract` trains and judges the abstract classes as the labels: the first half of pre-training. */
    classes: z.enum(['scene', 'abstract']).default('scene'),
    /** Share of every label that is spread over all classes. */
    labelSmoothing: z.number().min(0).lt(1).default(0),
    /** Exponent γ of the focal loss; 0 is plain cross-entropy. */
    focalGamma: z.number().min(0).max(10).default(0),
  }),
  jointTraining('conventional-mtl'),
  jointTraining('separated-classifier'),
  jointTraining('sequential-mtl'),
  jointTraining('extended-mtl'),
  /** Acoustic event detection: sound events, any number at once. */
  z.strictObject({ kind: z.literal('aed') }),
]);
