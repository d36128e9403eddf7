import type { ClipInfo } from '@asc/core';
import { lazyList, type ClipList, type SceneDataset } from '@asc/data';
import type { Recipe } from '@asc/train';
import { keepAside } from './keep-aside.js';

/** The clips of a recipe's side of a set. */
export interface TrainingClips {
  /** All of them: the training side of the fold, or every labelled clip of the set. */
  readonly split: ClipList;
  /** Those trained on. */
  readonly train: ClipList;
  /** Those kept out of training to choose the best epoch by. */
  readonly aside: ClipList;
}

/** Chooses what a recipe trains on. */
export function trainingClips(
  dataset: Pick<SceneDataset, 'clips' | 'split'>,
  { dataset: { fold, trainOn }, evaluate }: Pick<Recipe, 'dataset' | 'evaluate'>,
): TrainingClips {
  const split = trainOn === 'all' ? labelled(dataset.clips) : dataset.split(fold, 'train');
  return { split, ...keepAside(split, evaluate.keepAside) };
}

/** Those of the clips that have a scene. */
function labelled(clips: ClipList): ClipList {
  const chosen = Array.from({ length: clips.length }, (_, i) => i).filter((i) => clips.at(i)?.scene !== undefined);
  return chosen.length === clips.length ? clips : lazyList(chosen.length, (i) => clips.at(chosen[i] ?? -1) as ClipInfo);
}
