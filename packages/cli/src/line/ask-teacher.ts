import { UsageError } from '@asc/core';
import type { SceneDataset, SplitName } from '@asc/data';
import { encodeOnnx } from '@asc/onnx';
import type { TeacherLogits } from '@asc/train';
import { createHash } from 'node:crypto';
import type { LoadedModel } from './load-model.js';
import { createSceneJudge } from './scene-judge.js';

/** Below every posterior that float32 can tell from 0. */
const TINY = 1e-45;

/**
 * What a model says of the clips of a split, whether they are labelled or not: ln of the posterior (mean over windows), which
 * is a logit but for a constant that softmax does not see.
 *
 * @throws UsageError where the split is empty, or model and dataset do not speak of the same scenes.
 */
export async function askTeacher(
  { model, card }: LoadedModel,
  options: {
    readonly dataset: SceneDataset;
    readonly fold: number;
    readonly split: SplitName;
    /** Windows a recording, spread evenly. */
    readonly crops: number;
    readonly signal?: AbortSignal;
    readonly onProgress?: (done: number, total: number) => void;
  },
): Promise<TeacherLogits> {
  const { dataset, fold, split, crops, ...judging } = options;
  const clips = dataset.split(fold, split);
  const scenes = card.labels.scenes;
  if (clips.length === 0) {
    throw new UsageError({ what: `Split "${split}" of fold ${fold} of ${dataset.name} has no clips to ask about.` });
  }
  const known = dataset.labels.scenes;
  if (scenes.length !== known.length || known.some((scene) => !scenes.includes(scene))) {
    throw new UsageError({
      what: 'The teacher knows other scenes than the dataset.',
      expected: known.join(', '),
      received: scenes.join(', '),
    });
  }
  const judge = await createSceneJudge(model, card);
  try {
    const logits = new Map<string, number[]>();
    for await (const { id, probabilities } of judge.judge(clips, { kind: 'spread', crops }, judging)) {
      logits.set(
        id,
        probabilities.map((p) => Math.log(Math.max(p, TINY))),
      );
    }
    const sha256 = createHash('sha256').update(encodeOnnx(model)).digest('hex');
    const { name, recipe = null } = card;
    return { scenes, logits, teacher: { name, sha256, dataset: dataset.name, fold, split, crops, recipe } };
  } finally {
    await judge.close();
  }
}
