import type { ModelCard } from '@asc/core';
import { frontEnd } from '@asc/features';
import { findPreset } from '@asc/models';
import { exportOnnx, readOnnxFile, setModelCard, writeOnnxFile, type OnnxModel } from '@asc/onnx';
import { fakeQuantized, writePrepared, type PreparedModel } from '@asc/quantize';
import { graphModel, type GraphLayer, type Recipe, type WatchedRange } from '@asc/train';
import { input, layers, model as layersModel, type SymbolicTensor } from '@tensorflow/tfjs-layers';
import { existsSync } from 'node:fs';
import { join } from 'node:path';
import type { RecipeModel } from './prepare-model.js';
import './tensorflow.js';

/** A network that is trained with the rounding of the 8-bit file it becomes. */
export interface QuantizedModel extends RecipeModel {
  /** The float32 graph that is rounded, with the constants the run started from. */
  readonly prepared: OnnxModel;
  /** Values whose ranges are watched, in the layer's order. */
  readonly watched: readonly string[];
  readonly layer: GraphLayer;
}

export function isQuantized(model: object): model is QuantizedModel {
  return 'prepared' in model;
}

type QuantizationConfig = NonNullable<Recipe['quantization']>;

/** The network of a recipe with a section `quantization`, of what `prepareStatic` made of its float32 form. */
export function quantizedModel(recipe: Recipe, { model: prepared, ranges }: PreparedModel): QuantizedModel {
  const { scheme } = recipe.quantization as QuantizationConfig;
  const { model: graph, watched } = fakeQuantized(prepared, scheme);
  const none: WatchedRange = { min: 0, max: 0 };
  const { net, layer } = graphModel(
    graph,
    watched.map((value) => ranges.get(value) ?? none),
  );
  const { name, config } = findPreset(recipe.model.preset);
  const shared = { name, config, outputs: ['scene'], reads: ['features' as const] };
  return { ...shared, training: net, deployed: net, judged: net, prepared, watched, layer };
}

const keptIn = (run: string): string => join(run, 'prepared.onnx');

/** Keeps the graph in a run: its checkpoints hold numbers alone. */
export async function keepQuantized(run: string, { prepared }: QuantizedModel): Promise<void> {
  await writeOnnxFile(keptIn(run), prepared);
}

/** The graph that {@link keepQuantized} kept. @throws DataError where it is gone. */
export function readPrepared(run: string): Promise<OnnxModel> {
  return readOnnxFile(keptIn(run));
}

export const hasPrepared = (run: string): boolean => existsSync(keptIn(run));

/** The network of that graph, to be given weights and ranges. @throws DataError where it is gone. */
export async function restoreQuantized(run: string, recipe: Recipe): Promise<QuantizedModel> {
  return quantizedModel(recipe, { model: await readPrepared(run), ranges: new Map() });
}

/** The 8-bit file of a network with its present weights and ranges, for feature maps or raw samples. */
export function exportQuantized(
  { prepared, watched, layer }: QuantizedModel,
  recipe: Recipe,
  card: ModelCard,
  takes: ModelCard['input'],
): OnnxModel {
  const { scheme } = recipe.quantization as QuantizationConfig;
  const trained = { ...prepared, initializers: new Map([...prepared.initializers, ...layer.constants()]) };
  const model = takes === 'features' ? trained : behindFrontEnd(trained, card);
  const ranges = new Map(layer.ranges().map((range, i) => [watched[i] ?? '', range]));
  const written = writePrepared({ model, ranges }, scheme, new Set());
  setModelCard(written, { ...card, input: takes });
  return written;
}

/** The graph with its front end before it: it takes raw samples. */
function behindFrontEnd(model: OnnxModel, card: ModelCard): OnnxModel {
  const [maps] = model.inputs;
  if (maps === undefined) return model;
  const map = input({ shape: maps.shape.slice(1) as number[] });
  const nothing = layers.activation({ activation: 'linear' }).apply(map) as SymbolicTensor;
  const ends = exportOnnx(layersModel({ inputs: map, outputs: nothing }), {
    card: { ...card, input: 'waveform' },
    frontEnd: frontEnd(card.frontEnd).plan(),
    softmax: false,
  });
  const kept = new Map([...ends.inputs.map(({ name }) => [name, name] as const), ['', ''] as const]);
  const last = ends.outputs[0]?.name ?? '';
  const rename = (name: string): string => (name === last ? maps.name : (kept.get(name) ?? `frontend.${name}`));
  const nodes = ends.nodes.map((node) => ({
    ...node,
    inputs: node.inputs.map(rename),
    outputs: node.outputs.map(rename),
  }));
  const constants = [...ends.initializers].map(([name, tensor]) => [rename(name), tensor] as const);
  return {
    ...model,
    opsets: { ...ends.opsets, ...model.opsets },
    inputs: ends.inputs,
    nodes: [...nodes, ...model.nodes],
    initializers: new Map([...constants, ...model.initializers]),
  };
}
