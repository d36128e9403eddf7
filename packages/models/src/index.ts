export { amfmSmall } from './amfm-small.js';
export { type Accounts, complexity, type Complexity, type ComplexityOptions, type LayerCost } from './complexity.js';
export { createModel, findPreset, listPresets } from './create-model.js';
export { dcase2024 } from './dcase2024.js';
export { GRAPH_COSTS, type GraphCost, type GraphCostOf, type LayerUse } from './graph-costs.js';
export { type Cost, type CostOf, STOCK_COSTS } from './layer-costs.js';
export { COMPLEXITY_RULES, type ComplexityRule, type LimitCheck, type RuleVerdict, type Storage } from './rules.js';
export type { ModelPreset, PublishedFigure, SceneModel, SceneModelConfig } from './scene-model.js';
