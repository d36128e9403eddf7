import * as tf from '@tensorflow/tfjs-core';

/** Many tensors end to end in one vector (P). */
export function flatten(tensors: readonly tf.Tensor[]): tf.Tensor1D {
  const rows = tensors.map((tensor) => tf.reshape(tensor, [tensor.size]) as tf.Tensor1D);
  return rows.length === 1 && rows[0] ? rows[0] : tf.concat1d(rows);
}

/** The inverse of {@link flatten}: tensors of `shapes` out of a vector (P). */
export function unflatten(vector: tf.Tensor, shapes: readonly (readonly number[])[]): tf.Tensor[] {
  let begin = 0;
  return shapes.map((shape) => {
    const size = tf.util.sizeFromShape([...shape]);
    const part = tf.slice(vector, [begin], [size]);
    begin += size;
    return tf.reshape(part, [...shape]);
  });
}
