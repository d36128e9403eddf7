import type { Numbers, TensorFunction, Tolerance } from '../traced.test.helper.js';

/** One comparison of a traced with an eager function. Rank-4 inputs are tried in both memory orders. */
export interface LoweringCase extends Tolerance {
  readonly title: string;
  readonly inputs: readonly Numbers[];
  readonly fn: TensorFunction;
  /** What tfjs computes instead, where its own kernel is wrong; default `fn`. */
  readonly reference?: TensorFunction;
}

export function lowering(
  title: string,
  inputs: readonly Numbers[],
  fn: TensorFunction,
  more: Tolerance & Pick<LoweringCase, 'reference'> = {},
): LoweringCase {
  return { title, inputs, fn, ...more };
}
