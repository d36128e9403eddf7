import { checkPositiveInteger, type Predictions } from '@asc/core';
import { judgeClips, type JudgedClip } from './judged-clip.js';

/** A clip that was taken for something else. */
export interface Mistake {
  readonly id: string;
  readonly device: string | undefined;
  readonly scene: string;
  readonly guess: string;
  /** Posterior of the true scene. */
  readonly sceneProbability: number;
  /** Posterior of the guess. */
  readonly guessProbability: number;
}

/**
 * The clips whose true scene got the least probability, worst first, each of another confusion (true scene and guess) as
 * long as there are enough; equals in the order of their ids.
 *
 * @throws UsageError as {@link evaluate} does.
 */
export function worstMistakes(predictions: Predictions, most: number): Mistake[] {
  checkPositiveInteger('most of worstMistakes', most);
  const { labels } = predictions;
  const truth = ({ posterior, truth: own }: JudgedClip): number => posterior[own] ?? 0;
  const wrong = judgeClips(predictions, labels)
    .filter((clip) => clip.guess !== clip.truth)
    .sort((a, b) => truth(a) - truth(b) || (a.id < b.id ? -1 : 1));
  const seen = new Set<string>();
  const isFirst = (clip: JudgedClip): boolean => {
    const pair = `${clip.truth} ${clip.guess}`;
    return !seen.has(pair) && seen.add(pair) !== undefined;
  };
  const firsts = wrong.filter(isFirst).slice(0, most);
  const others = wrong.filter((clip) => !firsts.includes(clip)).slice(0, most - firsts.length);
  return wrong
    .filter((clip) => firsts.includes(clip) || others.includes(clip))
    .map((clip) => ({
      id: clip.id,
      device: clip.device,
      scene: labels[clip.truth] ?? '',
      guess: labels[clip.guess] ?? '',
      sceneProbability: truth(clip),
      guessProbability: clip.posterior[clip.guess] ?? 0,
    }));
}
