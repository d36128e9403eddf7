// Heavy work of the tests, to be run in plain threads: in jest's sandbox every `Math.…` costs a hundredfold.
import { TAU_2020_SCENES } from '@asc/core';
import { type RenderConfig, renderClip } from './render-clip.js';
import { type Examples, bandMeans, energyMap, fitLinear, structure } from './structure.test.helper.js';

/** A clip as two lists of numbers. */
export interface MeasuredClip {
  readonly scene: string;
  readonly side: 'train' | 'test';
  readonly device: string;
  readonly means: readonly number[];
  readonly structure: readonly number[];
}

/** `renderClip` with its arguments in one object. */
export function render(job: { readonly config: RenderConfig; readonly name: string }): Float32Array {
  return renderClip(job.config, job.name).samples;
}

export function measureClip(job: {
  readonly config: RenderConfig;
  readonly clip: {
    readonly id: string;
    readonly scene: string;
    readonly side: 'train' | 'test';
    readonly device: string;
  };
}): MeasuredClip {
  const { samples, sampleRateHz } = renderClip(job.config, job.clip.id);
  const map = energyMap(samples, sampleRateHz);
  const { scene, side, device } = job.clip;
  return { scene, side, device, means: bandMeans(map), structure: structure(map) };
}

/** Test accuracy of a linear classifier over one of the views: over all devices, and over those that training never heard. */
export function accuracies(job: { readonly clips: readonly MeasuredClip[]; readonly view: 'means' | 'structure' }): {
  readonly all: number;
  readonly unseen: number;
} {
  const classes: readonly string[] = TAU_2020_SCENES;
  const examples = (wanted: (clip: MeasuredClip) => boolean): Examples => {
    const chosen = job.clips.filter(wanted);
    return { x: chosen.map((clip) => clip[job.view]), y: chosen.map((clip) => classes.indexOf(clip.scene)) };
  };
  const training = examples(({ side }) => side === 'train');
  const decide = fitLinear(training, classes.length);
  const score = ({ x, y }: Examples): number => x.filter((row, i) => decide(row) === y[i]).length / y.length;
  return {
    all: score(examples(({ side }) => side === 'test')),
    unseen: score(examples(({ side, device }) => side === 'test' && ['s4', 's5', 's6'].includes(device))),
  };
}
