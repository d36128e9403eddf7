import { add, logSoftmax, matMul, serialization, slice, tensor, tidy, type Tensor } from '@tensorflow/tfjs-core';
import type { Shape } from '@tensorflow/tfjs-layers';
import { AscLayer, knownSize, singleInput, singleShape, type LayerConfig } from './asc-layer.js';
import { checkWidth, groupCount, groupsOf, membership } from './groups.js';

/** Which group each of the Y classes of a {@link JointPrediction} belongs to. */
export interface JointPredictionConfig extends LayerConfig {
  /** For each of the Y classes its group, 0 … A − 1, none left out. */
  groupOf: readonly number[];
}

/**
 * Two posteriors as one: y[c] = log p(c) + log q(groupOf(c)), renormalised, p and q the softmax of the class and the group
 * logits. softmax(y) is p[c]·q[groupOf(c)] over its sum.
 *
 * (B, Y + A), the logits of the classes and then of the groups → (B, Y). Source: Shim, Jung, Kim, Yu (2022) predict jointly
 * without a formula; this is our reading.
 */
export class JointPrediction extends AscLayer {
  static className = 'AscJointPrediction';
  readonly #groupOf: number[];

  constructor(config: JointPredictionConfig) {
    super(config, 'JointPrediction', ['groupOf']);
    this.#groupOf = groupsOf(config.groupOf);
  }

  override computeOutputShape(inputShape: Shape | Shape[]): Shape {
    const shape = singleShape(this, inputShape, [2]);
    checkWidth(this, knownSize(this, shape, 1), this.#groupOf.length + groupCount(this.#groupOf));
    return [shape[0] ?? null, this.#groupOf.length];
  }

  override call(inputs: Tensor | Tensor[]): Tensor {
    return tidy(() => {
      const x = singleInput(this, inputs);
      const classes = this.#groupOf.length;
      const p = logSoftmax(slice(x, [0, 0], [-1, classes]));
      const q = logSoftmax(slice(x, [0, classes], [-1, -1]));
      return logSoftmax(add(p, matMul(q, tensor(membership(this.#groupOf)))));
    });
  }

  /** The product with a 0-1 matrix only picks. */
  override macs(): number {
    return 0;
  }

  override getConfig(): serialization.ConfigDict {
    return { ...super.getConfig(), groupOf: this.#groupOf };
  }
}
serialization.registerClass(JointPrediction);
