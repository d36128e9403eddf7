export { randomCrop } from './random-crop.js';
export { timeRoll } from './time-roll.js';
export { cropMap } from './crop-map.js';
export { rollMap } from './roll-map.js';
export { maskMap } from './mask-map.js';
export { maskBatch } from './mask-batch.js';
export { mixup } from './mixup.js';
export type { AxisMasks, MaskOptions } from './mask-spans.js';
