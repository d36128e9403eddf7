import { z } from 'zod';

/** A count that cannot be nothing. */
export const positiveInteger = z.number().int().min(1);
