export type * from './types.js';
export { AscError, DataError, TraceError, UsageError, type ErrorParts } from './errors.js';
