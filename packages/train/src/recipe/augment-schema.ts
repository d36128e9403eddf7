import { MP3_KBPS } from '@asc/augment';
import { z } from 'zod';
import { positiveInteger } from './numbers.js';

/** How often something happens to a clip (or batch); 0 is off. */
const probability = z.number().min(0).max(1).default(0);

export const stripes = z.strictObject({
  /** Stripes a map; 0 is off. */
  count: z.number().int().min(0).max(64).default(0),
  /** Widths are drawn uniformly from 0 … maxWidth − 1, bands or frames. */
  maxWidth: positiveInteger.default(1),
  /** One draw for all maps of a batch, or one for each clip. */
  each: z.enum(['batch', 'clip']).default('batch'),
});

/** Kilobit a second of one channel. */
const kbps = z.array(z.literal(MP3_KBPS)).min(1).default([16, 24, 32, 48, 64]);

/**
 * What happens to the training clips, each at its socket, in this order. Whatever sits at the first two sockets makes the
 * features of every clip be computed anew in every epoch.
 */
export const augmentSchema = z.strictObject({
  // waveform
  /** Coded and decoded at one of the bit rates. */
  codec: z
    .discriminatedUnion('kind', [
      /** What MP3 does to sound, simulated in process. */
      z.strictObject({ kind: z.literal('simulated-mp3'), probability, kbps }),
      /** By the user's ffmpeg; every recording once for each format and bit rate, kept in a folder. */
      z.strictObject({
        kind: z.literal('ffmpeg'),
        probability,
        formats: z
          .array(z.enum(['mp3', 'aac']))
          .min(1)
          .default(['mp3', 'aac']),
        kbps,
      }),
    ])
    .prefault({ kind: 'simulated-mp3' }),
  /** Another speed at the same pitch, one of `factors`. */
  tempo: z
    .strictObject({
      probability,
      factors: z.array(z.number().min(0.25).max(4)).min(1).max(64).default([0.75, 0.85, 1.15, 1.25]),
    })
    .prefault({}),
  /** Heard through another device: convolution with one of the impulse responses (recordings) in the folder `root`. */
  impulseResponse: z
    .strictObject({
      probability,
      root: z.string().min(1).optional(),
      /** Only clips of these recording devices; none named: all clips. */
      devices: z.array(z.string().min(1)).max(64).default([]),
    })
    .refine((responses) => responses.probability === 0 || responses.root !== undefined, {
      path: ['root'],
      params: { expected: 'the folder of the impulse responses, where the probability is above 0' },
    })
    .prefault({}),
  /** Louder or softer by up to so many decibels, uniformly; 0 is off. */
  gain: z.strictObject({ maxDb: z.number().min(0).max(60).default(0) }).prefault({}),
  /** Rolled in time by up to so many seconds either way, ends joined; 0 is off. */
  waveformRoll: z.strictObject({ maxSeconds: z.number().min(0).max(3600).default(0) }).prefault({}),

  // spectrum
  /** One factor for each FFT bin from U(1 − alpha, 1 + alpha), before the mel filters; 0 is off. */
  binScaling: z.strictObject({ alpha: z.number().min(0).max(1).default(0) }).prefault({}),

  // map
  /** Roll every map in time by an amount of its own, ends joined. */
  timeRoll: z.boolean().default(false),
  /** Roll every map in time by round(N(0, sdFrames)) frames; 0 is off. */
  timeShift: z.strictObject({ sdFrames: z.number().min(0).max(1e6).default(0) }).prefault({}),

  // batch
  /** Mixes the frequency responses of the clips of a batch, λ ~ Beta(alpha, alpha) for each. */
  freqMixStyle: z.strictObject({ probability, alpha: z.number().positive().max(100).default(0.3) }).prefault({}),
  /** Beta(alpha, alpha) mixing weight, one a batch; 0 is off. */
  mixup: z.strictObject({ alpha: z.number().min(0).max(100).default(0) }).prefault({}),
  frequencyMask: stripes.prefault({}),
  timeMask: stripes.prefault({}),
});
