import { adam } from './adam.js';
import type { Optimiser } from './optimiser.js';
import type { OptimiserConfig } from './recipe-schema.js';
import { sgd } from './sgd.js';

/** The optimiser a recipe names. */
export function createOptimiser(config: OptimiserConfig): Optimiser {
  return config.kind === 'adam' ? adam(config) : sgd(config);
}
