import { accumulateGradients } from './accumulate-gradients.js';
import { adam } from './adam.js';
import { adamW } from './adamw.js';
import { clipByNorm, clipByValue } from './clip-gradients.js';
import type { Optimiser } from './optimiser.js';
import type { OptimiserConfig } from './recipe-schema.js';
import { sgd } from './sgd.js';

/** The optimiser a recipe names: gradients are gathered, then clipped, then followed. */
export function createOptimiser(config: OptimiserConfig): Optimiser {
  const clipped = clip(ruleOf(config), config.clip);
  return config.accumulate === 1 ? clipped : accumulateGradients(clipped);
}

function ruleOf(config: OptimiserConfig): Optimiser {
  switch (config.kind) {
    case 'adam':
      return adam(config);
    case 'adamw':
      return adamW(config);
    case 'sgd':
      return sgd(config);
  }
}

function clip(inner: Optimiser, config: OptimiserConfig['clip']): Optimiser {
  switch (config.kind) {
    case 'none':
      return inner;
    case 'norm':
      return clipByNorm(inner, config.max);
    case 'value':
      return clipByValue(inner, config.max);
  }
}
