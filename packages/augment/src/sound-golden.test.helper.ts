import { RealFft } from '@asc/features';
import { readFileSync } from 'node:fs';

const file = (name: string) => readFileSync(new URL(`../../../golden/augment/${name}`, import.meta.url));

/** Rate of the golden sound. */
export const GOLDEN_RATE_HZ = 44_100;

/** The sound that the other programs were given. */
export function goldenSound(): Float32Array {
  const bytes = file('scene.s16');
  return Float32Array.from({ length: bytes.length / 2 }, (_, i) => bytes.readInt16LE(2 * i) / 32_768);
}

export function goldenFigures<T>(name: string): T[] {
  return JSON.parse(file(name).toString('utf8')) as T[];
}

/** Mean power in eight octaves from 125 Hz, by Hann windows of 2048 every 1024, as golden/make/augment_sound.py. */
export function octavePower(x: Float32Array): number[] {
  const fft = new RealFft(2048);
  const [frame, re, im] = [new Float64Array(2048), new Float64Array(1025), new Float64Array(1025)];
  const power = new Float64Array(1025);
  let frames = 0;
  for (let start = 0; start + 2048 <= x.length; start += 1024, frames++) {
    for (let n = 0; n < 2048; n++) frame[n] = (0.5 - 0.5 * Math.cos((2 * Math.PI * n) / 2048)) * x[start + n]!;
    fft.forward(frame, re, im);
    for (let k = 0; k < 1025; k++) power[k]! += re[k]! ** 2 + im[k]! ** 2;
  }
  return [125, 250, 500, 1000, 2000, 4000, 8000, 16_000].map((low) => {
    const inside = power.filter((_, k) => {
      const hz = (k * GOLDEN_RATE_HZ) / 2048;
      return hz >= low && hz < 2 * low;
    });
    return inside.reduce((a, b) => a + b, 0) / frames;
  });
}

/** 10·log10(a / b), number by number. */
export function decibels(a: readonly number[], b: readonly number[]): number[] {
  return a.map((value, i) => 10 * Math.log10(value / b[i]!));
}
