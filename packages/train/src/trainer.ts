import { checkShape, createRng, TraceError, UsageError, AscError, type LabelSpace, type NdArrays } from '@asc/core';
import type { LayersModel } from '@tensorflow/tfjs-layers';
import { augmentBatch } from './augment-batch.js';
import { withAveraging } from './averaging.js';
import { createOptimiser } from './create-optimiser.js';
import { createTask } from './create-task.js';
import { distil } from './distil.js';
import { inputArrays } from './model-inputs.js';
import { findNonFinite } from './non-finite.js';
import { pruneUpdates } from './prune-updates.js';
import { createPruner } from './prune-weights.js';
import type { Recipe } from './recipe-schema.js';
import { createSchedule } from './schedule.js';
import { sizedStep } from './sized-step.js';
import { trainingStep } from './training-step.js';
import { updateParts } from './update-parts.js';

/** What one step of training gave. */
export interface StepResult {
  readonly loss: number;
  readonly parts: Readonly<Record<string, number>>;
  readonly clips: number;
  /** Clips whose most likely scene is that of the (mixed) label. */
  readonly correct: number;
  readonly learningRate: number;
}

/** A recipe's training step with its state. Equal (seed, epoch, step, state, batch) give equal results, bit for bit. */
export interface Trainer {
  /** @throws UsageError for a batch that does not fit; AscError where the loss is not finite. */
  step(epoch: number, step: number, batch: NdArrays): Promise<StepResult>;
  learningRate(epoch: number, step: number): number;
  /** Makes an online teacher, where there is one, a copy of the network as it is now. */
  refreshTeacher(): void;
  readState(): NdArrays;
  writeState(state: NdArrays): void;
  writeVariables(): void;
  release(): Promise<void>;
}

/** Prepares the training step of `recipe` for `model`, whose outputs are logits, scene first. */
export function createTrainer(options: {
  readonly recipe: Recipe;
  readonly model: LayersModel;
  readonly labels: LabelSpace;
  readonly stepsPerEpoch: number;
  readonly threads?: number | undefined;
}): Trainer {
  const { recipe, labels, stepsPerEpoch, threads } = options;
  const execution = { engine: recipe.engine, threads };
  const { task, model, teacher } = distil(createTask(recipe.task), options.model, recipe.distillation, execution);
  const targets = Object.keys(task.targets(labels));
  const updates = updateParts(stepsPerEpoch, recipe.optimiser.accumulate);
  const { updatesPerEpoch } = updates;
  const { epochs } = recipe;
  const averaged = withAveraging(createOptimiser(recipe.optimiser), recipe.averaging, { epochs, updatesPerEpoch });
  const pruner = recipe.pruning && createPruner(model, recipe.pruning);
  const optimiser = pruner === undefined ? averaged : pruneUpdates(averaged);
  const schedule = createSchedule(recipe.schedule, recipe.optimiser.learningRate);
  const { quantization } = recipe;
  const source = trainingStep({ model, task, labels, optimiser, watches: quantization !== undefined });
  const compiled = sizedStep(source, execution);
  const rng = createRng(recipe.seed).split('train');
  const totalSteps = updatesPerEpoch * epochs;
  const learningRate = (epoch: number, step: number) =>
    schedule({ step: updates.indexOf(epoch, step), totalSteps, stepsPerEpoch: updatesPerEpoch });

  return {
    learningRate,
    async step(epoch, step, batch) {
      if (step === 0 && pruner !== undefined) compiled.writeState(pruner.prune(compiled.readState(), epoch));
      const own = rng.split('epoch', epoch, 'step', step);
      const taught = { ...batch, ...(await teacher?.teach(batch)) };
      const arrays = augmentBatch(checkBatch(taught, model, targets), recipe.augment, own.split('augment'));
      const rate = learningRate(epoch, step);
      const part = updates.gather(step, arrays['x']?.shape[0] ?? 0);
      const scalars = Object.entries(optimiser.scalars(updates.indexOf(epoch, step), rate, part)).map(
        ([name, value]): [string, NdArrays[string]] => [`optimiser/${name}`, scalar(value)],
      );
      const observing = quantization && { observing: scalar(epoch < epochs - quantization.freezeEpochs ? 1 : 0) };
      const inputs = { ...arrays, ...Object.fromEntries(scalars), ...observing };
      const outputs = await compiled.run(inputs, own.split('layers'));
      const loss = scalarOf(outputs, 'total');
      if (!Number.isFinite(loss)) throw diverged(epoch, step, loss, arrays);
      const parts = Object.keys(outputs).filter((name) => name.startsWith('part/'));
      return {
        loss,
        parts: Object.fromEntries(parts.map((name) => [name.slice('part/'.length), scalarOf(outputs, name)])),
        clips: arrays['x']?.shape[0] ?? 0,
        correct: countAgreements(outputs['logits'], arrays[targets[0] ?? 'scene']),
        learningRate: rate,
      };
    },
    refreshTeacher: () => teacher?.refresh(compiled.readState()),
    readState: () => ({ ...compiled.readState(), ...updates.readState(), ...teacher?.readState() }),
    writeState: (state) => compiled.writeState(updates.writeState(teacher?.writeState(state) ?? state)),
    writeVariables: () => compiled.writeVariables(),
    async release() {
      await compiled.release();
      await teacher?.release();
      source.dispose();
    },
  };
}

/** The arrays the step takes, checked. */
function checkBatch(batch: NdArrays, model: LayersModel, targets: readonly string[]): NdArrays {
  const pick = (name: string) => {
    const array = batch[name];
    if (array !== undefined) return array;
    throw new UsageError({
      what: `A training batch misses the array "${name}".`,
      expected: [...inputArrays(model), ...targets].join(', '),
      received: Object.keys(batch).join(', ') || 'nothing',
    });
  };
  const arrays = inputArrays(model).map((name, i): [string, NdArrays[string]] => {
    const array = pick(name);
    const expected = (model.inputs[i]?.shape ?? []).slice(1);
    const batchSize = i === 0 ? 'B' : (batch['x']?.shape[0] ?? 'B');
    const shape = [batchSize, ...expected.map((size, axis) => size ?? `axis ${axis + 1}`)];
    checkShape(`${name} of a training batch`, array.shape, shape);
    return [name, array];
  });
  return { ...Object.fromEntries(arrays), ...Object.fromEntries(targets.map((name) => [name, pick(name)])) };
}

function scalar(value: number): NdArrays[string] {
  return { dtype: 'float32', shape: [], data: Float32Array.of(value) };
}

function scalarOf(outputs: NdArrays, name: string): number {
  const value = outputs[name]?.data[0];
  if (value === undefined) throw new TraceError({ what: `The training step gave no "${name}".` });
  return value;
}

function diverged(epoch: number, step: number, loss: number, inputs: NdArrays): AscError {
  const broken = findNonFinite(inputs);
  return new AscError({
    what: `Training stopped: the loss is not finite at epoch ${epoch}, step ${step}.`,
    expected: 'a finite loss',
    received: broken === undefined ? String(loss) : `${loss}, and ${broken.count} such numbers in "${broken.name}"`,
    hint:
      broken === undefined
        ? 'Lower optimiser.learningRate. The last checkpoint written is from before and whole.'
        : 'Check the recordings and the front end: the batch itself is not finite.',
  });
}

/** Rows of (B, Y) arrays where the largest logit stands at a label as large as any. */
function countAgreements(logits: NdArrays[string] | undefined, labels: NdArrays[string] | undefined): number {
  const [rows = 0, width = 0] = logits?.shape ?? [];
  let agreements = 0;
  for (let row = 0; row < rows; row++) {
    const begin = row * width;
    const guess = labels?.data[begin + argmax(logits?.data, begin, width)] ?? 0;
    const most = labels?.data[begin + argmax(labels.data, begin, width)] ?? 0;
    if (most > 0 && guess === most) agreements++;
  }
  return agreements;
}

function argmax(data: ArrayLike<number> | undefined, begin: number, width: number): number {
  let best = 0;
  for (let y = 1; y < width; y++) if ((data?.[begin + y] ?? 0) > (data?.[begin + best] ?? 0)) best = y;
  return best;
}
