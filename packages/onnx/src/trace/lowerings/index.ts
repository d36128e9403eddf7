import type { LoweringTable } from '../lowering.js';
import { ARRANGEMENT } from './arrangement.js';
import { takingFactors } from './channel-factors.js';
import { CONVOLUTION } from './convolution.js';
import { ELEMENTWISE } from './elementwise.js';
import { FILTER_GRADIENT } from './filter-gradient.js';
import { MATRIX } from './matrix.js';
import { NORMALISATION } from './normalisation.js';
import { POOLING } from './pooling.js';
import { REDUCTION } from './reduction.js';

/** Every tfjs kernel the tracer knows. Spread it and add your own. */
export const DEFAULT_LOWERINGS: LoweringTable = {
  ...ELEMENTWISE,
  ...ARRANGEMENT,
  ...takingFactors({ ...REDUCTION, ...CONVOLUTION, ...FILTER_GRADIENT }),
  ...POOLING,
  ...MATRIX,
  ...NORMALISATION,
};
