/** Node names of an exported front end (framing, Fourier transform, mel, logarithm) start with this. */
export const FRONT_END_PREFIX = 'frontend/';
