import type { Lowering, LoweringTable } from '../lowering.js';
import { affineInOnePass } from './affine-maps.js';
import { takingFactors } from './channel-factors.js';
import { blockedLowerings } from './channel-blocks.js';
import { CONVOLUTION } from './convolution.js';
import { DOT_PRODUCTS } from './dot-products.js';
import { FILTER_GRADIENT_BY_FILTERS } from './filter-gradient.js';
import { ELEMENTWISE } from './elementwise.js';
import { throughPointwise } from './pointwise-norm.js';
import { POOLING_GRADIENT_BY_PRODUCTS } from './pooling.js';

/** The lowerings that are faster than the default ones on a processor; `block`: the channels in a block of its kernels, if it has such. */
export function processorLowerings(block: number | undefined): LoweringTable {
  const convolutions = block === undefined ? FILTER_GRADIENT_BY_FILTERS : blockedLowerings(block);
  const { Add, Relu } = ELEMENTWISE as { Add: Lowering; Relu: Lowering };
  const plain = { Add, Relu, ...CONVOLUTION, ...convolutions, ...DOT_PRODUCTS };
  return {
    ...POOLING_GRADIENT_BY_PRODUCTS,
    ...takingFactors(affineInOnePass(throughPointwise(plain), block)),
  };
}
