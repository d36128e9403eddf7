export { amfmSmall } from './amfm-small.js';
export { createModel, findPreset, listPresets } from './create-model.js';
export { dcase2024 } from './dcase2024.js';
export type { ModelPreset, PublishedFigure, SceneModel, SceneModelConfig } from './scene-model.js';
