import { UsageError } from '@asc/core';
import { input, model, type LayersModel, type SymbolicTensor } from '@tensorflow/tfjs-layers';
import { EachPatch } from './each-patch.js';
import type { SceneModel } from './scene-model.js';

/** (B, F, T, 1) → embeddings (B, E, N, 1) of the patches of a longer map. Shares its weights with `embedder`. */
export function embedPatches(embedder: SceneModel, frames: number): LayersModel {
  const [, bands, , channels] = embedder.deployed.inputs[0]!.shape as [null, number, number, number];
  const patches = input({ shape: [bands, frames, channels], name: 'patches' });
  return model({ name: 'embeddings', inputs: patches, outputs: embed(embedder, patches) });
}

function embed(embedder: SceneModel, patches: SymbolicTensor): SymbolicTensor {
  return new EachPatch('each_patch', embedder.deployed).apply(patches);
}

/**
 * A network that reads embeddings joined to the one that gives them: it reads `patches` (B, F, T, 1), a map of `frames` frames,
 * in place of `embeddings`; a network that reads nothing else keeps its one input `features`, which is that map. Shares all
 * weights with both.
 *
 * @throws UsageError where the embeddings of so many frames are not what the network reads.
 */
export function hearThrough(net: SceneModel, embedder: SceneModel, frames: number): SceneModel {
  const two = net.inputs !== undefined;
  const [, bands, , channels] = embedder.deployed.inputs[0]!.shape as [null, number, number, number];
  const patches = input({ shape: [bands, frames, channels], name: two ? 'patches' : 'features' });
  const embeddings = embed(embedder, patches);
  const [first, second] = net.training.inputs;
  const wanted = (two ? second : first)!.shape;
  if (wanted.join() !== embeddings.shape.join()) {
    throw new UsageError({
      what: `The model "${net.name}" cannot hear through "${embedder.name}".`,
      expected: `embeddings (${wanted.slice(1).join(', ')})`,
      received: `(${embeddings.shape.slice(1).join(', ')})`,
      hint: 'Build it for as many embeddings, of that size, as the clip has patches.',
    });
  }
  const features = input({ shape: first!.shape.slice(1), name: 'features' });
  const inputs = two ? [features, patches] : patches;
  const heard = two ? [features, embeddings] : embeddings;
  const join = (part: LayersModel): LayersModel =>
    model({ name: `${part.name}-through-${embedder.name}`, inputs, outputs: part.apply(heard) as SymbolicTensor });
  return {
    ...net,
    training: join(net.training),
    deployed: join(net.deployed),
    ...(two && { inputs: ['features', 'patches'] }),
  };
}
