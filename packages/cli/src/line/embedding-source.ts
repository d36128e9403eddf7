import type { FeatureMap } from '@asc/core';
import { embedPatches, type SceneModel } from '@asc/models';
import { exportOnnx, OnnxRunner } from '@asc/onnx';
import { namedWeights, stackMaps } from '@asc/train';
import { createHash } from 'node:crypto';
import { createFeatureSource, remembered, type FeatureSource, type FeatureSourceOptions } from './feature-source.js';

/**
 * Recordings to embeddings (E, N, 1) of a network kept as it is, computed once a window where its place does not change.
 *
 * @param options of the patches the network hears.
 */
export async function createEmbeddingSource(
  embedder: SceneModel,
  frames: number,
  { cache, ...options }: FeatureSourceOptions,
): Promise<FeatureSource> {
  const runner = await OnnxRunner.create(exportOnnx(embedPatches(embedder, frames), { softmax: false }));
  const patches = createFeatureSource(options);
  const settings = JSON.stringify([
    options.frontEnd,
    options.windowSamples,
    options.stereo ?? 'mean',
    digest(embedder),
  ]);
  const embed = async (maps: readonly FeatureMap[]): Promise<FeatureMap[]> => {
    const { data, shape } = Object.values(await runner.run({ patches: stackMaps(maps) }))[0]!;
    const [count = 0, bands = 0, patchCount = 0] = shape;
    const size = bands * patchCount;
    return Array.from({ length: count }, (_, i): FeatureMap => {
      return {
        data: Float32Array.from(data.subarray(i * size, (i + 1) * size)),
        bands,
        frames: patchCount,
        channels: 1,
      };
    });
  };
  return {
    maps: remembered(settings, cache, async (path, placement) => embed(await patches.maps(path, placement))),
    augmentedMaps: async (...asked) => embed(await patches.augmentedMaps(...asked)),
    async close() {
      await patches.close();
      await runner.release();
    },
  };
}

/** What tells one set of weights from another. */
function digest(net: SceneModel): string {
  const hash = createHash('sha256');
  for (const { name, variable } of namedWeights(net.training)) {
    const { buffer, byteOffset, byteLength } = variable.dataSync();
    hash.update(name).update(new Uint8Array(buffer, byteOffset, byteLength));
  }
  return hash.digest('hex');
}
