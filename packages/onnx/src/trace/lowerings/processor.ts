import type { LoweringTable } from '../lowering.js';
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
  return {
    ...POOLING_GRADIENT_BY_PRODUCTS,
    ...takingFactors(
      throughPointwise({
        Add: ELEMENTWISE['Add']!,
        Relu: ELEMENTWISE['Relu']!,
        ...CONVOLUTION,
        ...convolutions,
        ...DOT_PRODUCTS,
      }),
    ),
  };
}
