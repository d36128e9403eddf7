import type { OnnxModel } from '@asc/onnx';

/** Every `Constant` node with a tensor becomes an initializer, so that weights are found in one place. */
export function constantsToInitializers(model: OnnxModel): OnnxModel {
  const initializers = new Map(model.initializers);
  const nodes = model.nodes.filter((node) => {
    const value = node.op === 'Constant' ? node.attributes['value'] : undefined;
    const [name] = node.outputs;
    if (value?.kind !== 'tensor' || name === undefined) return true;
    initializers.set(name, value.value);
    return false;
  });
  return { ...model, nodes, initializers };
}
