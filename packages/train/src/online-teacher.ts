import { createRng, UsageError, type NdArray, type NdArrays } from '@asc/core';
import * as tf from '@tensorflow/tfjs-core';
import type { LayersModel } from '@tensorflow/tfjs-layers';
import { namedWeights } from './named-weights.js';
import type { SegmentsConfig } from './recipe/distillation-schema.js';
import { sizedStep, type ExecutionOptions } from './sized-step.js';
import { hiddenVectors } from './with-hidden-output.js';

/** A copy of the student as it once was, in its inference form. */
export interface OnlineTeacher {
  /**
   * What the teacher says of a batch: `teacher` (B, Y), posteriors at the temperature, and `teacher-hidden` (B, H), each the
   * mean over the segments of a clip: `x`, the student's own, and `segment/1` … (B, F, T, C).
   *
   * @throws UsageError for a batch without those.
   */
  teach(batch: NdArrays): Promise<NdArrays>;
  /** Becomes a copy of a student's weights; other arrays of its state are ignored. */
  refresh(student: NdArrays): void;
  /** Weights and running statistics, named `teacher/<name>`. */
  readState(): NdArrays;
  /** Takes its own out of a checkpoint's state, and returns the others. */
  writeState(state: NdArrays): NdArrays;
  release(): Promise<void>;
}

const PREFIX = 'teacher/';

/**
 * The teacher of `distilFromSegments`; it starts as a copy of the model's variables. `model` has its hidden output.
 *
 * Source: Heo et al. 2021, section 4. Read: three segments of one scene from different locations, the element-wise mean of
 * their soft labels; teacher and student start alike. Inferred: the student's own segment is one of the three; hidden layers are
 * averaged as the soft labels are; the teacher runs in inference form on segments that are not rolled, mixed or masked; the best
 * accuracy that refreshes it is that of the run, whatever its start was worth.
 */
export function onlineTeacher(
  model: LayersModel,
  config: Pick<SegmentsConfig, 'segments' | 'temperature'>,
  execution: ExecutionOptions,
): OnlineTeacher {
  const { segments, temperature } = config;
  const state = Object.fromEntries(namedWeights(model).map(({ name, variable }) => [name, variable]));
  const step = sizedStep(
    {
      state,
      inputs: (xShape) => ({ x: { dtype: 'float32', shape: xShape } }),
      run: ({ x }) => {
        const outputs = [model.apply(x as tf.Tensor, { training: false })].flat() as tf.Tensor[];
        const [logits, hidden] = [outputs[0] as tf.Tensor, outputs.at(-1) as tf.Tensor];
        return { teacher: tf.softmax(tf.div(logits, temperature)), 'teacher-hidden': hiddenVectors(hidden) };
      },
    },
    execution,
  );
  // Inference draws nothing; a step is run with a generator all the same.
  const rng = createRng(0);
  const names = ['x', ...Array.from({ length: segments - 1 }, (_, i) => `segment/${i + 1}`)];
  const weightsIn = (given: NdArrays, prefix: string): NdArrays =>
    Object.fromEntries(Object.keys(state).map((name) => [name, copyOf(given, `${prefix}${name}`)]));
  let weights = weightsIn(step.readState(), '');

  return {
    async teach(batch) {
      const given = names.map((name) => batch[name] ?? refuseMissing(name, batch));
      // Run eagerly, the step's state is the student's own variables: give them back as they were.
      const before = step.readState();
      step.writeState(weights);
      const answers: NdArrays[] = [];
      try {
        for (const x of given) answers.push(await step.run({ x }, rng));
      } finally {
        step.writeState(before);
      }
      return { teacher: meanOf(answers, 'teacher'), 'teacher-hidden': meanOf(answers, 'teacher-hidden') };
    },
    refresh: (student) => void (weights = weightsIn(student, '')),
    readState: () => Object.fromEntries(Object.entries(weights).map(([name, array]) => [`${PREFIX}${name}`, array])),
    writeState(given) {
      weights = weightsIn(given, PREFIX);
      return Object.fromEntries(Object.entries(given).filter(([name]) => !name.startsWith(PREFIX)));
    },
    release: () => step.release(),
  };
}

function copyOf(state: NdArrays, name: string): NdArray {
  const array = state[name];
  if (array === undefined) throw new UsageError({ what: `The weights for the teacher miss "${name}".` });
  return { ...array, data: array.data.slice() };
}

function meanOf(answers: readonly NdArrays[], name: string): NdArray {
  const arrays = answers.map((answer) => answer[name] as NdArray);
  const [first] = arrays as [NdArray];
  if (arrays.length === 1) return first;
  const data = Float32Array.from(
    first.data,
    (_, i) => arrays.reduce((sum, each) => sum + (each.data[i] ?? NaN), 0) / arrays.length,
  );
  return { dtype: 'float32', shape: first.shape, data };
}

function refuseMissing(name: string, batch: NdArrays): never {
  throw new UsageError({
    what: `A training batch misses the array "${name}", a segment for the teacher.`,
    received: Object.keys(batch).join(', ') || 'nothing',
    hint: 'Give the batch source `segments: sceneSegments(…)` with as many others as distillation.segments − 1.',
  });
}
