import { LayersModel, type SymbolicTensor } from '@tensorflow/tfjs-layers';

type Layer = LayersModel['layers'][number];

/**
 * The layers that make a model's outputs: on the way back from each output, everything up to and with the first layer that
 * has a kernel, inside nested models too. What only reshapes, joins or normalises behind it (a norm, an average) belongs to the output as well.
 */
export function outputLayers(model: LayersModel): ReadonlySet<Layer> {
  const found = new Set<Layer>();
  const visit = ({ sourceLayer: layer, nodeIndex }: SymbolicTensor): void => {
    if (found.has(layer)) return;
    found.add(layer);
    if (layer instanceof LayersModel) return layer.outputs.forEach(visit);
    if (layer.weights.some(({ shape }) => shape.length > 1)) return;
    for (const input of layer.inboundNodes[nodeIndex]?.inputTensors ?? []) visit(input);
  };
  for (const output of model.outputs) visit(output);
  return found;
}
