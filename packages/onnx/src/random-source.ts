import type { RandomSource, Rng } from '@asc/core';
import { type Tensor, tensor } from '@tensorflow/tfjs-core';

/** The keys under a step's generator that name one draw: the same for a traced and an eager step. */
export function drawKey(kind: 'uniform' | 'normal', label: string, index: number): [string, string, number] {
  return [kind, label, index];
}

/** A source that draws at once: what layers get in an eager step. Equal to what a compiled step is fed for the same `rng`. */
export function eagerRandom(rng: Rng): RandomSource<Tensor> {
  const counts = new Map<string, number>();
  const draw =
    (kind: 'uniform' | 'normal') =>
    (shape: readonly number[], label: string): Tensor => {
      const key = `${kind}/${label}`;
      const index = counts.get(key) ?? 0;
      counts.set(key, index + 1);
      const stream = rng.split(...drawKey(kind, label, index));
      const data = new Float32Array(shape.reduce((a, b) => a * b, 1));
      return tensor(kind === 'uniform' ? stream.fillUniform(data) : stream.fillNormal(data), [...shape]);
    };
  return { uniform: draw('uniform'), normal: draw('normal') };
}
