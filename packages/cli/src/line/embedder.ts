import { ndArray, type NdArrays, UsageError, writeFileAtomic } from '@asc/core';
import { decodeNpz, frontEnd } from '@asc/features';
import { createModel, findPreset, loadVggishWeights, type SceneModel } from '@asc/models';
import { readOnnxFile } from '@asc/onnx';
import { encodeSafetensors, loadWeights, namedWeights, type Recipe } from '@asc/train';
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { readWeights } from './initial-weights.js';

/** The front end every embedder hears through. */
const PATCH_FRONT_END = 'vggish';
/** In place of a path: fresh weights. */
export const UNTRAINED = 'untrained';

export type EmbeddingsConfig = NonNullable<Recipe['embeddings']>;

/** The network that gives a recipe's embeddings. */
export interface Embedder {
  readonly net: SceneModel;
  /** Frames of the map it hears of one window. */
  readonly frames: number;
  /** Never trained: its embeddings are computed once. */
  readonly frozen: boolean;
}

/** The VGGish of a recipe with fresh weights. */
export function createEmbedder({ mode, width, size }: EmbeddingsConfig, seed: number, frames: number): Embedder {
  return { net: createModel('vggish', { seed, width, classes: size }), frames, frozen: mode === 'feature-based' };
}

/** How the embedder hears a window: its front end, and how much comes of it. @throws UsageError where that is nothing. */
export function hearing(seconds: number) {
  const ends = frontEnd(PATCH_FRONT_END);
  const clipSamples = Math.round(seconds * ends.config.sampleRateHz);
  const frames = ends.frames(clipSamples);
  const patches = Math.floor(frames / findPreset('vggish').config.frames);
  if (patches > 0) return { frontEnd: ends.config, clipSamples, frames, patches };
  throw new UsageError({
    what: 'A window of the recipe is too short for one VGGish embedding.',
    expected: 'clip.seconds of at least 0.975',
    received: `${seconds}`,
  });
}

/**
 * Gives an embedder its weights: of a run that holds a VGGish, or a checkpoint in .npz, .safetensors or .onnx.
 *
 * @throws UsageError or DataError where they are not a VGGish's, or of another size.
 */
export async function loadEmbedder(net: SceneModel, path: string): Promise<void> {
  const weights = await readAnyWeights(path);
  const ours = namedWeights(net.training).some(({ name }) => weights[name] !== undefined);
  if (ours) loadWeights(net.training, weights);
  else loadVggishWeights(net, weights);
}

async function readAnyWeights(path: string): Promise<NdArrays> {
  if (path.endsWith('.npz')) return decodeNpz(await readFile(path));
  if (!path.endsWith('.onnx')) return readWeights(path);
  const { initializers } = await readOnnxFile(path);
  const floats = [...initializers].filter(([, { type }]) => type === 'float32');
  return Object.fromEntries(
    floats.map(([name, { shape, data }]) => [name, ndArray('float32', shape, data as Float32Array)]),
  );
}

const keptIn = (run: string): string => join(run, 'vggish.safetensors');

/** Keeps the weights of a frozen embedder in a run: checkpoints do not hold them. */
export async function keepEmbedder(run: string, { net }: Embedder): Promise<void> {
  const tensors = namedWeights(net.training).map(({ name, variable }): [string, NdArrays[string]] => [
    name,
    ndArray('float32', variable.shape, variable.dataSync() as Float32Array),
  ]);
  await writeFileAtomic(keptIn(run), encodeSafetensors({ tensors: Object.fromEntries(tensors), metadata: {} }));
}

/** The weights {@link keepEmbedder} kept. @throws DataError where they are gone. */
export async function restoreEmbedder(run: string, { net }: Embedder): Promise<void> {
  loadWeights(net.training, await readWeights(keptIn(run)));
}
