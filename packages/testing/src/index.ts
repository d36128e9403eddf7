export { checkLayer, type CheckedLayer, type LayerExpectations } from './check-layer.js';
export { checkNetwork, checkTraining, type CheckedNetwork } from './check-network.js';
export { compareTraining, type TrainableNetwork, type TrainingDifferences } from './compare-training.js';
export { useCpuBackend } from './cpu-backend.js';
export { type CloseOptions, expectClose, relativeDistance } from './expect-close.js';
export { MismatchError } from './mismatch-error.js';
export { type GoldenArray, readGolden } from './read-golden.js';
export { seededDraws } from './seeded-draws.js';
