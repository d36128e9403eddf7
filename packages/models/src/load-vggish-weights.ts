import { UsageError, type NdArrays } from '@asc/core';
import { model, type layers } from '@tensorflow/tfjs-layers';
import { importWeights } from './import-weights.js';
import type { SceneModel } from './scene-model.js';
import type { ForeignWeight, WeightNameMap } from './weight-names.js';

/** A layer of the network and what the two public checkpoints call it. */
export interface VggishName {
  /** Our layer; its weights are `<layer>/kernel` and `<layer>/bias`. */
  readonly layer: string;
  /** The TensorFlow checkpoint's scope, of `weights` and `biases`. */
  readonly tensorflow: string;
  /** The PyTorch port's module, of `weight` and `bias`. */
  readonly torch: string;
}

/** The name map of {@link loadVggishWeights}. */
export const VGGISH_NAMES: readonly VggishName[] = [
  { layer: 'conv1', tensorflow: 'vggish/conv1', torch: 'features.0' },
  { layer: 'conv2', tensorflow: 'vggish/conv2', torch: 'features.3' },
  { layer: 'conv3_1', tensorflow: 'vggish/conv3/conv3_1', torch: 'features.6' },
  { layer: 'conv3_2', tensorflow: 'vggish/conv3/conv3_2', torch: 'features.8' },
  { layer: 'conv4_1', tensorflow: 'vggish/conv4/conv4_1', torch: 'features.11' },
  { layer: 'conv4_2', tensorflow: 'vggish/conv4/conv4_2', torch: 'features.13' },
  { layer: 'fc1_1', tensorflow: 'vggish/fc1/fc1_1', torch: 'embeddings.0' },
  { layer: 'fc1_2', tensorflow: 'vggish/fc1/fc1_2', torch: 'embeddings.2' },
  { layer: 'fc2', tensorflow: 'vggish/fc2', torch: 'embeddings.4' },
];

/** Where a checkpoint keeps a layer's kernel and bias; its maps are (frames, bands). */
type Dialect = (name: VggishName) => { readonly kernel: ForeignWeight; readonly bias: ForeignWeight };

const isConvolution = ({ layer }: VggishName): boolean => layer.startsWith('conv');

const fromTensorflow: Dialect = (name) => ({
  kernel: { name: `${name.tensorflow}/weights`, axes: isConvolution(name) ? [1, 0, 2, 3] : [0, 1] },
  bias: { name: `${name.tensorflow}/biases` },
});
const fromTorch: Dialect = (name) => ({
  kernel: { name: `${name.torch}.weight`, axes: isConvolution(name) ? [3, 2, 1, 0] : [1, 0] },
  bias: { name: `${name.torch}.bias` },
});

/**
 * Gives `vggish` or `vggish-aed` the weights of a checkpoint named as the public ones are: TensorFlow's variables (an `.npz` of
 * them, `:0` endings welcome) or the PyTorch port's state dict (`.safetensors`, or the initialisers of its ONNX export). The
 * head of `vggish-aed` keeps its weights, and what else `weights` holds is ignored. Nothing is changed where something is wrong.
 *
 * @throws UsageError for another network, for names of neither kind, and for a weight that is missing, of another shape or
 * not of float32.
 */
export function loadVggishWeights(net: SceneModel, weights: NdArrays): void {
  const named = new Map(Object.entries(weights).map(([name, array]) => [name.replace(/:0$/, ''), array]));
  const dialect = [fromTensorflow, fromTorch].find((each) => named.has(each(VGGISH_NAMES[0]!).kernel.name));
  if (dialect === undefined) {
    throw new UsageError({
      what: 'These are not the weights of VGGish.',
      expected: [fromTensorflow, fromTorch].map((each) => `"${each(VGGISH_NAMES[0]!).kernel.name}"`).join(' or '),
      received: [...named.keys()].slice(0, 5).join(', ') || 'no tensors',
    });
  }
  const places = VGGISH_NAMES.flatMap((name): [string, ForeignWeight][] => {
    const { kernel, bias } = dialect(name);
    return [
      [`${name.layer}/kernel`, kernel],
      [`${name.layer}/bias`, bias],
    ];
  });
  const map: WeightNameMap = Object.fromEntries(places);
  const wanted = new Set(places.map(([, { name }]) => name));
  importWeights(embeddingPart(net), Object.fromEntries([...named].filter(([name]) => wanted.has(name))), map);
}

/** The network up to the embedding; it shares the weights. */
function embeddingPart(net: SceneModel): ReturnType<typeof model> {
  const last = net.deployed.layers.find((layer: layers.Layer) => layer.name === VGGISH_NAMES.at(-1)!.layer);
  if (last === undefined) {
    throw new UsageError({
      what: `The network "${net.name}" is not a VGGish.`,
      expected: '"vggish" or "vggish-aed"',
      received: `"${net.name}"`,
    });
  }
  return model({ name: net.name, inputs: net.deployed.inputs, outputs: last.output });
}
