import { z } from 'zod';

const epoch = z.number().int().min(0).max(1_000_000);

/** How kernels lose their smallest weights during training. */
export const pruningSchema = z
  .strictObject({
    /** Share of the kernels' weights that are 0 in the end. */
    sparsity: z.number().gt(0).lt(1),
    /** Whether all kernels compete for the weights that stay, or each keeps the same share. */
    scope: z.enum(['global', 'layer']).default('global'),
    /** The sparsity rises over the beginnings of these epochs, counted from 0, and is held afterwards. */
    fromEpoch: epoch.default(0),
    toEpoch: epoch,
  })
  .refine(({ fromEpoch, toEpoch }) => fromEpoch <= toEpoch, {
    path: ['toEpoch'],
    params: { expected: 'at least pruning.fromEpoch' },
  });

export type PruningConfig = z.output<typeof pruningSchema>;
