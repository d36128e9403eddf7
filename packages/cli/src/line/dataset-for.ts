import { abstractIndex, labelSpace, UsageError, type ClipInfo } from '@asc/core';
import { lazyList, type ClipList, type SceneDataset } from '@asc/data';
import type { Recipe } from '@asc/train';

/** The dataset as a recipe's task sees it: labelled with scenes or, where it asks for them, abstract classes. */
export function datasetFor({ task }: Recipe, dataset: SceneDataset): SceneDataset {
  const events = dataset.clips.at(0)?.events !== undefined;
  if (events !== (task.kind === 'aed')) {
    throw new UsageError({
      what: `The task "${task.kind}" cannot be trained on ${dataset.name}.`,
      expected: events ? 'the task "aed": the set is labelled with sound events' : 'a dataset of kind "events"',
    });
  }
  return task.kind === 'classification' && task.classes === 'abstract' ? labelledAbstractly(dataset) : dataset;
}

/** The same recordings, each labelled with the abstract class of its scene. @throws UsageError where there are none. */
function labelledAbstractly(dataset: SceneDataset): SceneDataset {
  const { labels } = dataset;
  if (labels.abstracts.length === 0) {
    throw new UsageError({
      what: `task.classes is "abstract", and ${dataset.name} has no abstract classes.`,
      hint: 'Add a classes.csv (scene_label, abstract_label) to the dataset, or --set task.classes=scene.',
    });
  }
  const relabel = (clip: ClipInfo): ClipInfo => {
    const scene = clip.scene === undefined ? undefined : labels.abstracts[abstractIndex(labels, clip.scene)];
    return { ...clip, scene };
  };
  const relabelled = (clips: ClipList): ClipList => lazyList(clips.length, (i) => relabel(clips.at(i) as ClipInfo));
  return {
    ...dataset,
    labels: labelSpace(labels.abstracts),
    clips: relabelled(dataset.clips),
    split: (fold, which) => relabelled(dataset.split(fold, which)),
  };
}
