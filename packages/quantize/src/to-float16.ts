import { UsageError } from '@asc/core';
import { FRONT_END_SCOPE, ONNX_TYPE, type OnnxModel, type OnnxNode, type OnnxTensor } from '@asc/onnx';
import { FLOAT16_MAX, toFloat16Bits } from './float16.js';
import { makeNode } from './make-node.js';
import { freshName, valueNames } from './value-names.js';

/** Constants with fewer elements stay float32: the Cast node would cost more bytes than it saves. */
const MIN_ELEMENTS = 64;

/**
 * The same model with float16 weights: about half the file. Inputs, outputs and the arithmetic stay float32 (each weight is
 * cast once, when the model is loaded), because no CPU kernel of ONNX Runtime computes in float16. Weights are rounded to
 * nearest even; those beyond the float16 range are clamped to ±65,504. Constants of the front end (nodes named
 * `frontend/…`) stay float32: rounded window and Fourier tables would drown quiet bands.
 *
 * @throws UsageError where a weight is NaN or infinite, or the model has float16 weights already.
 */
export function toFloat16(model: OnnxModel): OnnxModel {
  const initializers = new Map<string, OnnxTensor>();
  const casts: OnnxNode[] = [];
  const taken = valueNames(model);
  const kept = new Set(
    model.nodes.filter(({ name }) => name.startsWith(`${FRONT_END_SCOPE}/`)).flatMap((node) => node.inputs),
  );
  for (const [name, tensor] of model.initializers) {
    if (tensor.type === 'float16') {
      throw new UsageError({
        what: `Weight ${name} is float16 already.`,
        expected: 'a float32 model',
        hint: 'Convert the model it was made from.',
      });
    }
    if (!(tensor.data instanceof Float32Array) || tensor.data.length < MIN_ELEMENTS || kept.has(name)) {
      initializers.set(name, tensor);
      continue;
    }
    const half = freshName(`${name}.f16`, taken);
    initializers.set(half, { type: 'float16', shape: tensor.shape, data: toFloat16Bits(clamped(name, tensor.data)) });
    casts.push(makeNode('Cast', [half], [name], { to: { kind: 'int', value: ONNX_TYPE.float32 } }));
  }
  return { ...model, metadata: { ...model.metadata }, initializers, nodes: [...casts, ...model.nodes] };
}

function clamped(name: string, data: Float32Array): Float32Array {
  return data.map((value, index) => {
    if (Number.isFinite(value)) return Math.max(-FLOAT16_MAX, Math.min(FLOAT16_MAX, value));
    throw new UsageError({
      what: `Weight ${name} is not finite.`,
      expected: 'finite numbers',
      received: `${value} at position ${index}`,
      hint: 'The training diverged: take an earlier checkpoint.',
    });
  });
}
