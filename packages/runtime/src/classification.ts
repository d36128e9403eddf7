import type { ModelCard } from '@asc/core';
import { meanOverCrops } from '@asc/evaluate';
import type { JudgedWindow } from './window-judge.js';

/** A scene and how likely it is. */
export interface SceneProbability {
  readonly scene: string;
  readonly probability: number;
}

/** What a model says about a sound. */
export interface Classification {
  /** The likeliest scenes, best first. */
  readonly top: readonly SceneProbability[];
  /** Posterior over `card.labels.scenes`: (Y), sums to 1; the mean over the windows. */
  readonly probabilities: readonly number[];
  /** Windows the sound was heard in. */
  readonly windows: number;
  /** Nothing was to be heard in any of them: the posterior means nothing. */
  readonly silent: boolean;
}

/** One answer from those of windows. */
export function classificationOf(judged: readonly JudgedWindow[], card: ModelCard, top: number): Classification {
  const probabilities = meanOfWindows(
    judged.map((each) => each.probabilities),
    card,
  );
  return {
    top: likeliest(card.labels.scenes, probabilities, top),
    probabilities,
    windows: judged.length,
    silent: judged.every(({ silent }) => silent),
  };
}

/** The mean of windows' answers (Y) each: posteriors, or the independent probabilities of sound events. */
export function meanOfWindows(rows: readonly (readonly number[])[], card: ModelCard): number[] {
  return meanOverCrops(rows, { independent: card.events === true });
}

/** The `top` likeliest scenes, best first; of equals, the earlier label. */
export function likeliest(
  scenes: readonly string[],
  probabilities: readonly number[],
  top: number,
): readonly SceneProbability[] {
  return scenes
    .map((scene, i) => ({ scene, probability: probabilities[i] ?? 0 }))
    .sort((a, b) => b.probability - a.probability)
    .slice(0, top);
}
