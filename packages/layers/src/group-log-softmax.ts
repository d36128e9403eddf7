import { logSoftmax, add, expandDims, mul, serialization, sum, tensor, tidy, type Tensor } from '@tensorflow/tfjs-core';
import type { Shape } from '@tensorflow/tfjs-layers';
import { AscLayer, knownSize, singleInput, singleShape, type LayerConfig } from './asc-layer.js';
import { checkWidth, groupsOf, membership } from './groups.js';

/** Which of the Y classes of a {@link GroupLogSoftmax} compete. */
export interface GroupLogSoftmaxConfig extends LayerConfig {
  /** For each class its group, 0, 1, …, none left out. */
  groupOf: readonly number[];
}

/** Takes a logit out of a softmax. */
const OUTSIDE = -1e9;

/**
 * Logarithm of a softmax within each group of classes: y[c] = x[c] − log Σ exp x[c′] over the c′ of c's group.
 *
 * (B, Y) → same. It makes one dense layer a classifier per group: p(scene | abstract class), where the scenes are grouped by
 * abstract class. Source: conditional probability.
 */
export class GroupLogSoftmax extends AscLayer {
  static className = 'AscGroupLogSoftmax';
  readonly #groupOf: number[];

  constructor(config: GroupLogSoftmaxConfig) {
    super(config, 'GroupLogSoftmax', ['groupOf']);
    this.#groupOf = groupsOf(config.groupOf);
  }

  override computeOutputShape(inputShape: Shape | Shape[]): Shape {
    const shape = singleShape(this, inputShape, [2]);
    checkWidth(this, knownSize(this, shape, 1), this.#groupOf.length);
    return shape;
  }

  override call(inputs: Tensor | Tensor[]): Tensor {
    return tidy(() => {
      const x = singleInput(this, inputs);
      const inside = membership(this.#groupOf);
      // (B, 1, Y) + (A, Y): one copy of the logits a group, all others' taken out.
      const outside = tensor(inside.map((row) => row.map((member) => (1 - member) * OUTSIDE)));
      const perGroup = logSoftmax(add(expandDims(x, 1), outside));
      return sum(mul(perGroup, tensor(inside)), 1);
    });
  }

  override macs(): number {
    return 0;
  }

  override getConfig(): serialization.ConfigDict {
    return { ...super.getConfig(), groupOf: this.#groupOf };
  }
}
serialization.registerClass(GroupLogSoftmax);
