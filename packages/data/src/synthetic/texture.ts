import type { Rng } from '@asc/core';
import type { SoundCanvas } from './sound-canvas.js';

/**
 * Paints what makes a scene recognisable. `place` gives the same numbers for every clip of a location (the pitch of its
 * beeps, the pace of its walkers), `moment` others for every segment. A texture is told by its course in time; where in the
 * spectrum it lies is the place's business.
 */
export type Texture = (canvas: SoundCanvas, place: Rng, moment: Rng) => void;

/** Uniform in [low, high). */
export function between(rng: Rng, low: number, high: number): number {
  return low + (high - low) * rng.uniform();
}

/** Uniform on a logarithmic scale. */
export function betweenLog(rng: Rng, low: number, high: number): number {
  return low * (high / low) ** rng.uniform();
}

/** Where a place's events lie in the spectrum: the same range for all scenes. */
export function carrierHz(place: Rng): number {
  return betweenLog(place, 350, 3200);
}

/** Hann bump over 0 … 1. */
export function bump(progress: number): number {
  return 0.5 - 0.5 * Math.cos(2 * Math.PI * progress);
}

/** 1 with ramps of `edge` at both ends. */
export function plateau(edge: number): (progress: number) => number {
  return (progress) => Math.max(0, Math.min(1, progress / edge, (1 - progress) / edge));
}

/** Sudden start, exponential end: e-folds `decays` times, and reaches zero. */
export function strike(decays: number): (progress: number) => number {
  return (progress) => Math.min(1, progress * 50) * Math.exp(-decays * progress) * Math.min(1, (1 - progress) * 10);
}

/** Strengths of `count` harmonics of `f0Hz`: a resonance of relative width `width` (octaves) around `formantHz`. */
export function formant(f0Hz: number, count: number, formantHz: number, width: number): number[] {
  return Array.from({ length: count }, (_, i) => {
    const octaves = Math.log2(((i + 1) * f0Hz) / formantHz);
    return Math.exp(-0.5 * (octaves / width) ** 2) + 0.02;
  });
}
