export { type Resampler, createResampler, resample } from './resampler.js';
export { type StreamResampler, createStreamResampler } from './stream-resampler.js';
