import { z } from 'zod';

/** How feature maps are kept between epochs. */
export const cacheSchema = z.strictObject({
  /**
   * `float16` rounds them to 11 bits and keeps them in half the room, in memory and on disk; numbers beyond 65504 are refused. Maps
   * that are made anew in every epoch are not rounded, nor are those an exported model hears.
   */
  dtype: z.enum(['float32', 'float16']).default('float32'),
});
