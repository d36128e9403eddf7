import { z } from 'zod';
import { positiveInteger } from './numbers.js';

/** The VGGish a cross-task network hears through (Zhang et al. 2019). */
export const embeddingsSchema = z
  .strictObject({
    /**
     * `scratch` trains it with the network from fresh weights, `fine-tuning` from those given; `feature-based` keeps those
     * given as they are and computes the embeddings of a clip once.
     */
    mode: z.enum(['scratch', 'feature-based', 'fine-tuning']),
    /**
     * A run of `vggish-aed`, or a VGGish checkpoint in .npz, .safetensors or .onnx; `untrained` takes fresh weights, for
     * trials and controls.
     */
    weights: z.string().min(1).optional(),
    /** Channels of its first convolution; 64 is the published network. */
    width: positiveInteger.default(64),
    /** Numbers in an embedding. */
    size: positiveInteger.default(128),
  })
  .refine(({ mode, weights }) => (mode === 'scratch') === (weights === undefined), {
    path: ['weights'],
    params: { expected: 'none where embeddings.mode is scratch, else a run, a file or "untrained"' },
  });
