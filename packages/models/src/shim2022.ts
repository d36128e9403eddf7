/**
 * shim2022: the attentive max feature map network, the rows it was compared with, and joint training over ten scenes and
 * three abstract classes.
 *
 * Paper: Shim, Jung, Kim, Yu, "Attentive max feature map and joint training for acoustic scene classification" (ICASSP 2022,
 * arXiv 2104.07213), with the authors' public code for the extended multi-task network.
 *
 * Read (exact): the extended network layer by layer, 624,192 parameters, 381,684 on the scene path: the 7×3 stem whose
 * padding (1, 7) is swapped against a "same" one, ceil-mode pools, batch norms after groups 1 and 3 and the tails, MFM dense
 * layers of 100, dropout 0.5; 256 bands × 251 frames. CBAM is not in that code: we use its authors' (biased, batch-normed).
 * The code takes 220,500 samples after pre-emphasis, which eats one: 220,501 samples give its 251 frames. The 250 frames of
 * a 5 s clip have the same sizes after the pools, and so the same parameters.
 * Inferred: the single network, a count-matched reconstruction (trunk, MFM dense of 80: 1,532,079, stated as 1.5M), ReLU and
 * leaky ReLU in place of every max feature map at equal width, no CBAM in the rows without attention, conventional MTL as two
 * output layers on one hidden layer.
 * Unknown, our reading: the separated classifier (a softmax per abstract class, weighted by the 3-class posterior) and
 * sequential MTL (the scene tail follows the abstract one, 32 then 16 wide; stated as 0.7M, ours has 697,585).
 *
 * Flattening goes channels first, (C, F, T), as PyTorch does: a dense kernel is the transposed weight of its checkpoint.
 */
import { tau2020Labels, UsageError } from '@asc/core';
import { attentiveMaxFeatureMap, cbam, Dense, Dropout, GroupLogSoftmax } from '@asc/layers';
import { input, layers, type SymbolicTensor, type LayersModel } from '@tensorflow/tfjs-layers';
import { amfmPytorchModules } from './amfm-pytorch-modules.js';
import { assembleSceneModel } from './assemble-scene-model.js';
import { batchNorm, convGroup, halve, type Attend } from './conv-group.js';
import { convUnit, denseUnit, LEAKY_RELU, MAX_FEATURE_MAP, RELU, type Activation } from './conv-unit.js';
import { joinLogits } from './predict-jointly.js';
import type { JointTraining, ModelPreset, PublishedFigure, SceneModel, SceneModelConfig } from './scene-model.js';
import { singleTask } from './single-task.js';
import { pytorchNames } from './weight-names.js';

const WIDTH = 32;
const HIDDEN = 80;
const TASK_HIDDEN = 100;
const DROPOUT = 0.5;

/** What distinguishes the rows of the first table. */
interface Unit {
  readonly activation: Activation;
  readonly attend: Attend;
}
const AMFM: Unit = { activation: MAX_FEATURE_MAP, attend: attentiveMaxFeatureMap };
const withoutAttention: Attend = (x) => x;

/** What the networks of the paper share: the stem and three groups. (B, F, T, C) → (B, ⌈F/16⌉, ⌈(T + 12)/16⌉, 32). */
function trunk(features: SymbolicTensor, config: SceneModelConfig, unit: Unit): SymbolicTensor {
  const { seed } = config;
  const width = widthOf(config);
  let x = convUnit(features, {
    name: 'stem',
    filters: width,
    kernelSize: [7, 3],
    padding: [1, 1, 7, 7],
    seed,
    activation: unit.activation,
  });
  x = convGroup(halve(x, 'stem_pool'), { name: 'group1', width: 1.5 * width, seed, ...unit });
  x = batchNorm(halve(x, 'group1_pool'), 'group1_norm');
  x = convGroup(x, { name: 'group2', width: 2 * width, seed, ...unit });
  x = convGroup(halve(x, 'group2_pool'), { name: 'group3', width, seed, ...unit });
  return halve(batchNorm(x, 'group3_norm'), 'group3_pool');
}

function featuresOf({ bands, frames, channels }: SceneModelConfig): SymbolicTensor {
  return input({ shape: [bands, frames, channels], name: 'features' });
}

/** Flatten channels first, dropout, dense unit: (B, F, T, C) → (B, units). */
function hidden(
  x: SymbolicTensor,
  name: string,
  units: number,
  seed: number,
  activation: Activation = MAX_FEATURE_MAP,
): SymbolicTensor {
  const channelsFirst = layers.permute({ name: `${name}_channels_first`, dims: [3, 1, 2] }).apply(x);
  const flat = layers.flatten({ name: `${name}_flatten` }).apply(channelsFirst) as SymbolicTensor;
  const dropped = new Dropout({ name: `${name}_dropout`, rate: DROPOUT }).apply(flat);
  return denseUnit(dropped, { name, units, seed, activation });
}

/** AMFM group, BN, pool: (B, F, T, C) → (B, ⌈F/2⌉, ⌈T/2⌉, width). */
function tail(x: SymbolicTensor, task: string, width: number, seed: number): SymbolicTensor {
  const group = convGroup(x, { name: `${task}_group`, width, seed, ...AMFM });
  return halve(batchNorm(group, `${task}_norm`), `${task}_pool`);
}

function logits(x: SymbolicTensor, task: string, classes: number, seed: number): SymbolicTensor {
  return new Dense({ name: task, units: classes, seed }).apply(x);
}

/** Trunk, one hidden layer, one output: (B, F, T, C) → logits (B, Y). */
function single(name: string, config: SceneModelConfig, unit: Unit): SceneModel {
  const { seed, classes } = config;
  return singleTask(name, config, (features) => {
    const embedding = hidden(trunk(features, config, unit), 'hidden', HIDDEN, seed, unit.activation);
    return logits(embedding, 'scene', classes, seed);
  });
}

/** Conventional MTL: everything but the output layers is shared. */
function conventional(name: string, config: SceneModelConfig): SceneModel {
  const { seed, classes, abstractClasses } = config;
  const features = featuresOf(config);
  const shared = trunk(features, config, AMFM);
  const embedding = hidden(shared, 'hidden', HIDDEN, seed);
  const scene = logits(embedding, 'scene', classes, seed);
  const abstract = abstractClasses > 0 ? logits(embedding, 'abstract', abstractClasses, seed) : undefined;
  return assembleSceneModel(name, config, { features, scene, abstract });
}

/**
 * Separated classifier: a softmax over the scenes of each abstract class, weighted by the posterior of the abstract classes.
 * The scene logits are log p(abstract(c)) + log p(c | abstract(c)), so that a scene's loss trains the classifier of its own
 * abstract class alone.
 */
function separated(name: string, config: SceneModelConfig): SceneModel {
  const { seed, classes } = config;
  const abstractOf = abstractOfScenes(name, config);
  const features = featuresOf(config);
  const shared = trunk(features, config, AMFM);
  const embedding = hidden(shared, 'hidden', HIDDEN, seed);
  const abstract = logits(embedding, 'abstract', config.abstractClasses, seed);
  const withinClass = new GroupLogSoftmax({ name: 'scene_within', groupOf: abstractOf }).apply(
    logits(embedding, 'scene', classes, seed),
  );
  const scene = joinLogits(withinClass, abstract, abstractOf);
  return assembleSceneModel(name, config, { features, scene, abstract });
}

/** Sequential MTL: the abstract head on a first tail, the scene head on a second one that follows it. */
function sequential(name: string, config: SceneModelConfig): SceneModel {
  const { seed, classes, abstractClasses } = config;
  const width = widthOf(config);
  const features = featuresOf(config);
  const shared = trunk(features, config, AMFM);
  const first = tail(shared, 'abstract', width, seed);
  const second = tail(first, 'scene', width / 2, seed);
  const head = (x: SymbolicTensor, task: string, count: number): SymbolicTensor =>
    logits(hidden(x, `${task}_hidden`, TASK_HIDDEN, seed), task, count, seed);
  const scene = head(second, 'scene', classes);
  const abstract = abstractClasses > 0 ? head(first, 'abstract', abstractClasses) : undefined;
  return assembleSceneModel(name, config, { features, scene, abstract });
}

/** Extended MTL: each task has its own tail and hidden layer on the shared trunk; the abstract one goes after training. */
function extended(name: string, config: SceneModelConfig): SceneModel {
  const { seed, classes, abstractClasses } = config;
  const width = widthOf(config);
  const features = featuresOf(config);
  const shared = trunk(features, config, AMFM);
  const branch = (task: string, count: number): SymbolicTensor =>
    logits(hidden(tail(shared, task, width / 2, seed), `${task}_hidden`, TASK_HIDDEN, seed), task, count, seed);
  const scene = branch('scene', classes);
  const abstract = abstractClasses > 0 ? branch('abstract', abstractClasses) : undefined;
  return assembleSceneModel(name, config, { features, scene, abstract });
}

/** Even, so that every width that follows from it is whole. @throws UsageError. */
function widthOf({ width = WIDTH }: SceneModelConfig): number {
  if (Number.isInteger(width / 2) && width > 0) return width;
  throw new UsageError({ what: 'width is not valid.', expected: 'an even positive integer', received: `${width}` });
}

function abstractOfScenes(name: string, { classes, abstractClasses, abstractOf }: SceneModelConfig): readonly number[] {
  const given: readonly number[] = Array.isArray(abstractOf) ? abstractOf : [];
  const groups = new Set(given).size;
  if (given.length === classes && groups === abstractClasses) return given;
  throw new UsageError({
    what: `Model "${name}" routes every scene by its abstract class, and its classes do not match.`,
    expected: `abstractOf: the abstract class, 0 to ${abstractClasses - 1}, of each of ${classes} scenes`,
    received: `${given.length} scenes in ${groups} abstract classes`,
    hint: 'Pass abstractOf of the label space, with classes and abstractClasses to match.',
  });
}

const PAPER = 'Shim et al. 2022, arXiv 2104.07213';
const INPUT = { seed: 0, classes: 10, bands: 256, frames: 251, channels: 1, width: WIDTH } as const;
const stated = (what: string, value: number, note: string): PublishedFigure => ({
  what,
  value,
  match: 'inferred',
  note,
});

/** Rows of the first table: activation and attention. */
const ROWS: readonly (readonly [suffix: string, paper: string, unit: Unit, published: readonly PublishedFigure[]])[] = [
  ['', 'AMFM', AMFM, [stated('parameters', 1_500_000, 'stated as 1.5M; ours has 1,532,079')]],
  ['-relu', 'CNN with ReLU', { activation: RELU, attend: withoutAttention }, []],
  ['-relu-attention', 'CNN with ReLU and CBAM', { activation: RELU, attend: cbam }, []],
  ['-leaky-relu', 'CNN with leaky ReLU', { activation: LEAKY_RELU, attend: withoutAttention }, []],
  ['-leaky-relu-attention', 'CNN with leaky ReLU and CBAM', { activation: LEAKY_RELU, attend: cbam }, []],
  ['-mfm', 'MFM', { activation: MAX_FEATURE_MAP, attend: withoutAttention }, []],
  ['-mfm-attention', 'MFM and CBAM', { activation: MAX_FEATURE_MAP, attend: cbam }, []],
];

type Structure = (name: string, config: SceneModelConfig) => SceneModel;
const BRANCH = 'parameters, with the 3-class branch';

/** Rows of the third table: how two tasks share a network. */
const JOINT: readonly (readonly [
  kind: JointTraining,
  paper: string,
  build: Structure,
  published: readonly PublishedFigure[],
])[] = [
  [
    'conventional-mtl',
    'conventional MTL',
    conventional,
    [stated(BRANCH, 1_500_000, 'stated as 1.5M; ours has 1,532,322')],
  ],
  [
    'separated-classifier',
    'separated classifier',
    separated,
    [stated(BRANCH, 1_500_000, 'stated as 1.5M; ours has 1,532,322')],
  ],
  ['sequential-mtl', 'sequential MTL', sequential, [stated(BRANCH, 700_000, 'stated as 0.7M; ours has 697,585')]],
  [
    'extended-mtl',
    'extended MTL',
    extended,
    [
      { what: BRANCH, value: 624_192, match: 'exact', note: "by the authors' code; stated as 0.6M" },
      { what: 'parameters, deployed', value: 381_684, match: 'exact', note: "the scene path of the authors' code" },
    ],
  ],
];

/** Every network of the paper. */
export function shim2022Presets(): readonly ModelPreset[] {
  const rows = ROWS.map(([suffix, paper, unit, published]): ModelPreset => {
    const name = `shim2022${suffix}`;
    const build = (config: SceneModelConfig): SceneModel => single(name, config, unit);
    return preset(name, paper, { ...INPUT, abstractClasses: 0 }, published, build);
  });
  const joint = JOINT.map(([jointTraining, paper, structure, published]): ModelPreset => {
    const name = `shim2022-${jointTraining}`;
    const build = (config: SceneModelConfig): SceneModel => structure(name, config);
    const abstractOf = structure === separated ? { abstractOf: tau2020Labels().abstractOf } : {};
    const row = preset(name, paper, { ...INPUT, abstractClasses: 3, ...abstractOf }, published, build);
    // The authors' code is of this network alone.
    const names =
      structure === extended ? { pytorchNames: (model: LayersModel) => pytorchNames(model, amfmPytorchModules()) } : {};
    return { ...row, jointTraining, ...names };
  });
  return [...rows, ...joint];
}

function preset(
  name: string,
  paper: string,
  config: SceneModelConfig,
  published: readonly PublishedFigure[],
  build: ModelPreset['build'],
): ModelPreset {
  return { name, paper: `${PAPER}: ${paper}`, config, clipSamples: 220_501, frontEnd: 'shim2022', published, build };
}
