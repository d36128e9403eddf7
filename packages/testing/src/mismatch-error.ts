import { AscError } from '@asc/core';

/** A check of the test kit failed: what was compared, what was expected, what came. */
export class MismatchError extends AscError {}
