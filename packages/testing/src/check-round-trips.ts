import { io, serialization, tensor, type Tensor } from '@tensorflow/tfjs-core';
import { input, loadLayersModel, model, type layers } from '@tensorflow/tfjs-layers';
import { buildLayer, callArguments, sampleInput } from './layer-fixture.js';
import { expectClose } from './expect-close.js';
import { MismatchError } from './mismatch-error.js';

/**
 * A layer made again from its own configuration has the same configuration; a model saved to memory and loaded again gives
 * the same outputs, bit for bit. @throws MismatchError.
 */
export async function checkRoundTrips(makeLayer: () => layers.Layer, shape: readonly number[]): Promise<void> {
  const original = makeLayer();
  const config = JSON.parse(JSON.stringify(original.getConfig())) as serialization.ConfigDict;
  const entry = serialization.SerializationMap.getMap().classNameMap[original.getClassName()];
  if (entry === undefined) {
    throw new MismatchError({
      what: `The class ${original.getClassName()} is not registered.`,
      hint: 'Call serialization.registerClass(…) below the class.',
    });
  }
  const [cls, fromConfig] = entry;
  const again = JSON.stringify((fromConfig(cls, config) as layers.Layer).getConfig());
  if (again !== JSON.stringify(config)) {
    throw new MismatchError({
      what: `The configuration of ${original.name} does not survive a round trip.`,
      expected: JSON.stringify(config),
      received: again,
    });
  }
  await checkSavedModel(makeLayer, shape);
}

async function checkSavedModel(makeLayer: () => layers.Layer, shape: readonly number[]): Promise<void> {
  const features = input({ shape: shape.slice(1) });
  const layer = buildLayer(makeLayer, shape);
  const whole = model({ inputs: features, outputs: layer.apply(features) as typeof features });
  let saved: io.ModelArtifacts | undefined;
  await whole.save(
    io.withSaveHandler((artifacts) => {
      saved = artifacts;
      return Promise.resolve({ modelArtifactsInfo: io.getModelArtifactsInfoForJSON(artifacts) });
    }),
  );
  const text = JSON.stringify(saved!.modelTopology);
  const loaded = await loadLayersModel(io.fromMemory({ ...saved!, modelTopology: JSON.parse(text) as object }));
  const x = tensor(sampleInput(shape).dataSync(), [...shape]);
  const [before, after] = [whole, loaded].map((net) => (net.apply(x, callArguments(false)) as Tensor).dataSync());
  expectClose(after!, before!, { rtol: 0, atol: 0, what: `${layer.name} after saving and loading` });
}
