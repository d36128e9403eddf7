export type * from './types.js';
export { AscError, DataError, TraceError, UsageError, type ErrorParts } from './errors.js';
export {
  checkFinite,
  checkKeys,
  checkNonNegativeInteger,
  checkOneOf,
  checkPositiveInteger,
  checkShape,
} from './checks.js';
export { packError, unpackError, type PackedError } from './packed-error.js';
export { describeValue } from './describe-value.js';
export { nearestName } from './nearest-name.js';
export { DTYPE_ARRAYS, float32Data, ndArray, sizeOf, type DataOf, type TypedNdArray } from './nd-array.js';
export { DiskError, diskError } from './disk/disk-error.js';
export { isAlive } from './disk/is-alive.js';
export { makeFolder } from './disk/make-folder.js';
export { isLocked, takeLock, type LockHolder } from './disk/take-lock.js';
export { removePartialFiles, syncFolder, writeFileAtomic, type WriteFileOptions } from './disk/write-file-atomic.js';
export { createRng } from './rng.js';
export { abstractIndex, abstractProbabilities, labelSpace, sceneIndex } from './label-space.js';
export { TAU_2020_ABSTRACTS, TAU_2020_SCENES, tau2020Labels } from './tau-2020-labels.js';
